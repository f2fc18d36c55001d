import { expect, test } from 'vitest';
import { freeChunk } from './free-chunk.ts';

test('frees a chunk that has its memory to itself, and leaves one alone that shares it', () => {
  const whole = Buffer.alloc(65_536, 1);
  freeChunk(whole);
  expect(whole.length).toBe(0);

  const larger = Buffer.alloc(65_536, 1);
  freeChunk(larger.subarray(1));
  expect(larger.length).toBe(65_536);

  const neighbour = Buffer.from('neighbour');
  freeChunk(Buffer.from('pooled'));
  expect(neighbour.toString()).toBe('neighbour');
});

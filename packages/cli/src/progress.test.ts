import { expect, test } from 'vitest';
import { describeProgress } from './progress.ts';

test('the line of a load tells bytes, rows, rows a second and the time left, once it can be told', () => {
  const load = { phase: 'load', bytes: 25_000_000, bytesInAll: 100_000_000, rows: 500_000 } as const;
  expect(describeProgress(load, 2_000)).toBe('loading  25 MB of 100 MB  500,000 rows  250,000 rows/s  6 s left');
  expect(describeProgress(load, 999)).toBe('loading  25 MB of 100 MB  500,000 rows');
  expect(describeProgress({ ...load, bytes: 0, rows: 0 }, 2_000)).toBe('loading  0 bytes of 100 MB  0 rows');
  expect(describeProgress({ ...load, phase: 'check' }, 2_000)).toBe('imported before?  25 MB of 100 MB read');
  expect(describeProgress({ ...load, phase: 'finish' }, 2_000)).toBe('committing');
});

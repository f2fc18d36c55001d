import { expect, test } from 'vitest';
import { listen } from './listen.ts';

test('a request that comes before there is an answer waits for it', async () => {
  await using listener = await listen(0);
  const response = fetch(listener.url);
  // Another one has come by when this one has: it knows of the port that is taken.
  await expect(listen(Number(new URL(listener.url).port))).rejects.toThrow('cannot be had');
  listener.answerBy((_, answer) => void answer.end('now'));
  expect(await (await response).text()).toBe('now');
});

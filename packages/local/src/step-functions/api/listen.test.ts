import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { inTime } from '@datasens/testkit/eventually.ts';
import { expect, test } from 'vitest';
import { listen } from './listen.ts';

test('a request that comes before there is an answer waits for it', async () => {
  await using listener = await listen(0);
  const early = request(listener.url, { method: 'POST', headers: { expect: '100-continue' } });
  early.flushHeaders();
  // That it may go on is what a request is told when it has come.
  await once(early, 'continue');
  const responded = once(early, 'response');
  early.end();
  listener.answerBy((_, answer) => void answer.end('now'));
  const [response] = (await inTime(responded)) as [IncomingMessage];
  expect(await text(response)).toBe('now');
});

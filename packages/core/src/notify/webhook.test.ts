import { eventually } from '@datasens/testkit/eventually.ts';
import { freePort } from '@datasens/testkit/free-port.ts';
import { FAILURE, pauseOf, tell } from '@datasens/testkit/notify-world.ts';
import { type ScriptedAnswer, scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { expect, test } from 'vitest';
import { parseWebhook } from '../notify-targets.ts';
import { composeMessage } from './message.ts';
import { TRIES, TRY_MS } from './retry.ts';
import { webhookChannel } from './webhook.ts';

const SECRET = '/services/t0s3cret/xs3cret';

function channelTo(origin: string) {
  return webhookChannel(parseWebhook(`${origin}${SECRET}`, 'test'));
}

const REFUSED = { channel: 'webhook' };

test('posts the JSON of Slack', async () => {
  await using server = await scriptedServer([200]);
  expect(await tell([channelTo(server.origin)]).result).toEqual({ sent: ['webhook'], failed: [] });
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'POST', url: SECRET, headers: { 'content-type': 'application/json' } });
  expect(JSON.parse(request?.body ?? '')).toEqual(composeMessage(FAILURE).slack);
});

test.for<[string, ScriptedAnswer[], number]>([
  ['a server that fails once', [500, 200], 2],
  ['a server that is busy thrice', [503, 502, 429, 202], 4],
  ['a connection that breaks', ['drop', 200], 2],
  ['a server that has taken it, and breaks off', ['cut'], 1],
])('%s has it in the end', async ([, answers, requests]) => {
  await using server = await scriptedServer(answers);
  expect(await tell([channelTo(server.origin)]).result).toMatchObject({ sent: ['webhook'] });
  expect(server.requests).toHaveLength(requests);
});

test('between two tries it waits longer and longer', async () => {
  await using server = await scriptedServer([500]);
  const telling = tell([channelTo(server.origin)], { jitter: 0.5 });
  const { clock, result, logged } = telling;
  for (const [before, wait] of [1_000, 2_000, 4_000].entries()) {
    await eventually(() => expect(server.requests).toHaveLength(before + 1));
    expect(await pauseOf(telling)).toEqual([wait]);
    clock.pass(wait);
  }
  const because = 'the webhook answers 500 (tried 4 times)';
  expect(await result).toEqual({ sent: [], failed: [{ ...REFUSED, because }] });
  expect(server.requests).toHaveLength(TRIES);
  expect(logged).toEqual([
    `a notification was not sent by webhook: ${because}{"subject":"DataSens: dump failed: NoSpace"}`,
  ]);
});

test.for([
  ['seconds', '7', undefined],
  ['a time, by the clock of the server', 'Fri, 27 Nov 2026 02:00:07 GMT', 'Fri, 27 Nov 2026 02:00:00 GMT'],
] as const)('it waits as long as it is asked to: %s', async ([, retryAfter, date]) => {
  const headers = { 'retry-after': retryAfter, ...(date ? { date } : {}) };
  await using server = await scriptedServer([{ status: 429, headers }, 200]);
  const telling = tell([channelTo(server.origin)]);
  expect(await pauseOf(telling)).toEqual([7_000]);
  telling.clock.pass(7_000);
  expect(await telling.result).toMatchObject({ sent: ['webhook'] });
});

test('asked to wait for longer than anybody does, it gives up', async () => {
  await using server = await scriptedServer([{ status: 503, headers: { 'retry-after': '3600' } }]);
  const telling = tell([channelTo(server.origin)]);
  expect(await pauseOf(telling)).toEqual([]);
  const because = 'the webhook answers 503, and asks to be left alone for 3600 s (tried once)';
  expect(await telling.result).toEqual({ sent: [], failed: [{ ...REFUSED, because }] });
});

test('a server that never answers costs a bounded time', async () => {
  await using server = await scriptedServer(['hang']);
  const { clock, result } = tell([channelTo(server.origin)]);
  for (let tries = 1; tries <= TRIES; tries += 1) {
    await eventually(() => expect(server.requests).toHaveLength(tries));
    expect(clock.waits()).toEqual([TRY_MS]);
    clock.pass(TRY_MS);
  }
  const because = 'there was no answer within 5 s (tried 4 times)';
  expect(await result).toEqual({ sent: [], failed: [{ ...REFUSED, because }] });
});

test.for<[ScriptedAnswer, string]>([
  [{ status: 404, body: 'no_service' }, 'the webhook refuses it: 404 (no_service): check DATASENS_NOTIFY_WEBHOOK'],
  [{ status: 400, body: '<h1>No</h1>' }, 'the webhook refuses it: 400: check DATASENS_NOTIFY_WEBHOOK'],
  [{ endless: 403 }, 'the webhook refuses it: 403: check DATASENS_NOTIFY_WEBHOOK'],
])('what is refused is not tried again: %j', async ([answer, because]) => {
  await using server = await scriptedServer([answer]);
  expect(await tell([channelTo(server.origin)]).result).toEqual({ sent: [], failed: [{ ...REFUSED, because }] });
  expect(server.requests).toHaveLength(1);
});

test('of a body that does not end no more is read than is wanted', async () => {
  await using server = await scriptedServer([{ endless: 200 }]);
  expect(await tell([channelTo(server.origin)]).result).toMatchObject({ sent: ['webhook'] });
  await expect.poll(() => server.connections(), { timeout: 60_000 }).toBe(0);
});

test('a redirect is not followed: who is there was not named', async () => {
  await using other = await scriptedServer([200]);
  await using server = await scriptedServer([{ status: 307, headers: { location: `${other.origin}/` } }]);
  const because = 'the webhook answers 307, and redirects are not followed: check DATASENS_NOTIFY_WEBHOOK';
  expect(await tell([channelTo(server.origin)]).result).toEqual({ sent: [], failed: [{ ...REFUSED, because }] });
  expect(other.requests).toEqual([]);
});

test('whatever goes wrong, neither the result nor the log has the URL', async () => {
  await using refusing = await scriptedServer(['repeat', { status: 400, body: SECRET }]);
  await using redirecting = await scriptedServer([{ status: 302, headers: { location: SECRET } }]);
  await using breaking = await scriptedServer(['drop']);
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const blocked = 'http://127.0.0.1:1';
  const { origin } = refusing;
  for (const target of [origin, origin, redirecting.origin, breaking.origin, nobody, blocked]) {
    const { result, logged } = tell([channelTo(target)]);
    const { failed } = await result;
    expect(failed).toHaveLength(1);
    expect(logged).toHaveLength(1);
    expect(JSON.stringify([failed, logged])).not.toMatch(/s3cret|http:|https:/);
  }
});

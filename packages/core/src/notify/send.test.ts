import { eventually } from '@datasens/testkit/eventually.ts';
import { FAILURE, tell } from '@datasens/testkit/notify-world.ts';
import { scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { expect, test } from 'vitest';
import { parseWebhook } from '../notify-targets.ts';
import type { Channel } from './channel.ts';
import type { Notification } from './notification.ts';
import { TRIES, TRY_MS } from './retry.ts';
import { notify } from './send.ts';
import { webhookChannel } from './webhook.ts';

function channelTo(origin: string): Channel {
  return webhookChannel(parseWebhook(`${origin}/hook`, 'test'));
}

test('a channel that is down keeps no other from being told, on whichever side of it they are', async () => {
  await using well = await scriptedServer([200]);
  await using gone = await scriptedServer([{ status: 410 }]);
  await using stuck = await scriptedServer(['hang']);
  const { clock, result } = tell([gone, well, stuck, well].map(({ origin }) => channelTo(origin)));
  await eventually(() => expect(well.requests, 'while another is waited for').toHaveLength(2));
  await eventually(() => expect(clock.waits(), 'the others are through').toEqual([TRY_MS]));
  for (let tries = 1; tries <= TRIES; tries += 1) {
    await eventually(() => expect(stuck.requests).toHaveLength(tries));
    clock.pass(TRY_MS);
  }
  const { sent, failed } = await result;
  expect(sent).toEqual(['webhook', 'webhook']);
  expect(failed.map(({ because }) => because)).toEqual([
    expect.stringContaining('410'),
    expect.stringContaining('no answer'),
  ]);
});

test('a channel that fails as nobody foresaw is told of by its kind alone', async () => {
  const broken: Channel = { name: 'sns', send: () => Promise.reject(new TypeError('at https://host/s3cret')) };
  const { result, logged } = tell([broken]);
  expect(await result).toEqual({ sent: [], failed: [{ channel: 'sns', because: 'a defect of ours: TypeError' }] });
  expect(logged.join()).not.toContain('s3cret');
});

test('nobody to be told is no failure', async () => {
  expect(await tell([]).result).toEqual({ sent: [], failed: [] });
});

test('whoever is interrupted does not wait for a channel that is stuck', async () => {
  await using stuck = await scriptedServer(['hang']);
  const controller = new AbortController();
  const { result } = tell([channelTo(stuck.origin)], { signal: controller.signal });
  await eventually(() => expect(stuck.requests).toHaveLength(1));
  controller.abort(new Error('interrupted'));
  await expect(result).rejects.toThrow('interrupted');
});

test('on the clock of the machine it comes to an end, too', async () => {
  await using server = await scriptedServer([500, 200]);
  const { signal } = new AbortController();
  const deps = { channels: [channelTo(server.origin)], signal, log: () => undefined, random: () => 0.001 };
  expect(await notify(deps, FAILURE)).toEqual({ sent: ['webhook'], failed: [] });
});

test.for<[string, object]>([
  ['has a member that is not known', { ...FAILURE, row: 'Marie Curie' }],
  ['is of no kind', { ...FAILURE, kind: 'joke' }],
  ['is of no time', { ...FAILURE, at: 'yesterday' }],
  ['has an id that a shell would read', approval({ id: 'x; rm -rf /' })],
  ['has a link that is none', approval({ links: { approve: 'javascript:alert(1)', reject: 'https://x.example' } })],
  ['counts less than it lists', { kind: 'overdue', at: FAILURE.at, total: 1, dumps: [1, 2].map(overdue) }],
])('what %s is refused before anybody is told', async ([, notification]) => {
  await using server = await scriptedServer([200]);
  const deps = { channels: [channelTo(server.origin)], signal: new AbortController().signal, log: () => undefined };
  await expect(notify(deps, notification as Notification)).rejects.toMatchObject({ name: 'InvalidInput' });
  expect(server.requests).toEqual([]);
});

function approval(overrides: object): object {
  const expiresAt = '2026-11-28T02:00:00Z';
  const sha256 = 'ab'.repeat(32);
  const approval = { id: 'a-7', what: 'import', target: 't', requestedBy: 'claire', sha256, expiresAt };
  return { kind: 'approval', at: FAILURE.at, ...approval, ...overrides };
}

function overdue(dumpId: number): object {
  return { dumpId, key: 'k', term: null, because: 'b' };
}

import { apiWorld } from '@datasens/testkit/api-world.ts';
import { eventually, inTime } from '@datasens/testkit/eventually.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { sfnClient } from '@datasens/testkit/sfn-client.ts';
import { askState, machine } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import { beat } from './heartbeat.ts';

test('a state waits for its task as long as that beats, and a task ends for whose state nobody waits any more', async () => {
  const clock = manualClock();
  await using api = await apiWorld({ clock, invoke: async () => null });
  const started = api.world.start(machine({ Ask: askState('ask', { HeartbeatSeconds: 300, End: true }) }));
  const taskToken = await api.token();
  const stop = new AbortController();
  const beating = beat(api.client, { taskToken, everyMs: 1, signal: stop.signal });
  for (let n = 0; n < 3; n += 1) {
    await eventually(() => expect(clock.waits()).toEqual([300_000]));
    clock.pass(200_000);
  }
  await eventually(() => expect(clock.waits()).toEqual([300_000]));
  stop.abort();
  expect(await beating).toBe(false);
  await eventually(() => expect(clock.waits()).toEqual([300_000]));
  clock.pass(300_000);
  expect(await api.world.ended(started)).toMatchObject({ error: 'States.HeartbeatTimeout' });
  const over = beat(api.client, { taskToken, everyMs: 1, signal: new AbortController().signal });
  expect(await inTime(over)).toBe(true);
});

test('a beat that is not heard is not the last', async () => {
  const over = { status: 400, body: '{"__type":"TaskTimedOut"}' };
  await using server = await scriptedServer([500, 400, 'drop', over]);
  const client = sfnClient(server.origin);
  expect(await beat(client, { taskToken: 'a', everyMs: 1, signal: new AbortController().signal })).toBe(true);
  expect(server.requests.length).toBeGreaterThanOrEqual(4);
  client.destroy();
});

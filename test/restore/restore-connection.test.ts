import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { ask } from '@datasens/testkit/ask.ts';
import type { Moment } from '@datasens/testkit/packet-proxy.ts';
import { expect, test } from 'vitest';
import { LAST_COMMAND, MODES, type ProxiedWorld, proxiedWorld, spread } from './proxied-world.ts';

const MOMENTS: readonly Moment[] = ['before', 'sent', 'answered'];

/** What the caller is told: success, or the error. */
async function tell({ deps, request }: ProxiedWorld, signal = deps.signal): Promise<unknown> {
  return runRestore({ ...deps, signal }, request).then(
    () => 'restored',
    (error: unknown) => error,
  );
}

/** Whoever is told of success has it, and who is told of failure has what was there before. */
async function expectHonest(world: ProxiedWorld, told: unknown): Promise<'as before' | 'restored'> {
  const outcome = await world.outcome();
  if (outcome === 'restored') expect(told).toBe('restored');
  else expect(told).toMatchObject({ name: 'Transient' });
  return outcome;
}

test.for(MODES)(
  'cut off at any step, the target is as before or restored, and the caller knows which: %s',
  { timeout: 300_000 },
  async (mode) => {
    await using world = await proxiedWorld({ mode });
    const { proxy } = world;
    expect(await tell(world)).toBe('restored');
    const { chunks } = proxy;
    const outcomes = { 'as before': 0, restored: 0 };
    for (const [index, at] of [...spread(chunks, 14), LAST_COMMAND[mode]].entries()) {
      for (const moment of typeof at === 'object' || at > chunks - 6
        ? MOMENTS
        : [MOMENTS[index % MOMENTS.length] ?? 'sent']) {
        await world.reset();
        proxy.set({ at, moment, action: () => proxy.cut() });
        const told = await tell(world);
        outcomes[await expectHonest(world, told)] += 1;
        expect(await world.abandoned()).toEqual([]);
      }
    }
    expect(outcomes['as before']).toBeGreaterThan(12);
    expect(outcomes.restored).toBeGreaterThan(0);
    await world.reset();
    proxy.set();
    expect(await tell(world)).toBe('restored');
    expect(await world.outcome()).toBe('restored');
    await world.expectJournal();
  },
);

test.for(MODES)(
  'when the answer to the last command is lost, the server is asked, and success is told: %s',
  async (mode) => {
    await using world = await proxiedWorld({ mode });
    const { proxy } = world;
    proxy.set({ at: LAST_COMMAND[mode], moment: 'answered', action: () => proxy.cut() });
    expect(await tell(world)).toBe('restored');
    expect(proxy.sprung).toBe(true);
    expect(await world.outcome()).toBe('restored');
    expect(await world.abandoned()).toEqual([]);
  },
);

test.for(MODES)('an interrupt that comes too late is not taken for a failure: %s', async (mode) => {
  await using world = await proxiedWorld({ mode });
  const { proxy } = world;
  const interrupt = new AbortController();
  proxy.set({ at: LAST_COMMAND[mode], moment: 'answered', action: () => interrupt.abort() });
  expect(await tell(world, interrupt.signal)).toBe('restored');
  expect(proxy.sprung).toBe(true);
  expect(await world.outcome()).toBe('restored');
});

test('a COMMIT that goes on without its connection is waited for', async () => {
  // It waits for a standby that does not exist, until that is no longer asked for.
  await using world = await proxiedWorld({ mode: 'fill', settings: { synchronous_standby_names: 'nobody' } });
  const { proxy, serverUrl } = world;
  await ask(serverUrl, 'alter database target set synchronous_commit = on');
  let asked = false;
  const release = async () => {
    asked = true;
    await ask(serverUrl, `alter system set synchronous_standby_names = ''`);
    await ask(serverUrl, 'select pg_reload_conf()');
  };
  const cut = () => {
    proxy.set({ at: /pg_xact_status/, moment: 'answered', action: release });
    proxy.cut();
  };
  proxy.set({ at: /commit;/, moment: 'sent', action: cut });
  expect(await tell(world)).toBe('restored');
  expect(asked).toBe(true);
});

test('a CREATE DATABASE that goes on without its connection leaves nothing', async () => {
  await using world = await proxiedWorld({ mode: 'create' });
  const { proxy } = world;
  proxy.set({ at: /create database/, moment: 'sent', action: () => proxy.cut() });
  expect(await tell(world)).toMatchObject({ name: 'Transient' });
  expect(proxy.sprung).toBe(true);
  expect(await world.outcome()).toBe('as before');
  expect(await world.abandoned()).toEqual([]);
});

test.for([...MODES.map((mode) => [mode, 1] as const), ['create', 2] as const])(
  'cut off for good in the middle of the rows, nothing is changed; what is left is found: %s, %i jobs',
  async ([mode, jobs]) => {
    await using world = await proxiedWorld({ mode });
    const { proxy, deps } = world;
    const request = { ...world.request, jobs };
    proxy.set({ at: /COPY public\.bottle/, moment: 'sent', action: () => proxy.breakDown() });
    const logged: string[] = [];
    await expect(runRestore({ ...deps, log: (line) => logged.push(line) }, request)).rejects.toMatchObject({
      name: 'Transient',
    });
    expect(await world.outcome()).toBe('as before');
    const abandoned = await world.abandoned();
    expect(abandoned).toHaveLength(mode === 'create' ? 1 : 0);
    expect(logged).toEqual(abandoned.map((name) => expect.stringContaining(name)));

    proxy.set();
    expect(await tell(world)).toBe('restored');
    expect(await world.outcome()).toBe('restored');
    await world.expectJournal();
  },
);

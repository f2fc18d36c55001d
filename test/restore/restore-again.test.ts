import { runDump } from '@datasens/core/dump/run-dump.ts';
import { planRestore } from '@datasens/core/restore/plan-restore.ts';
import type { RestoreDeps } from '@datasens/core/restore/restore-deps.ts';
import { restoreDump } from '@datasens/core/restore/restore-dump.ts';
import type { RestorePlan } from '@datasens/core/restore/restore-plan.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import type { DumpWorld } from '@datasens/testkit/dump-world.ts';
import { eventually, until } from '@datasens/testkit/eventually.ts';
import { countSteps, crashAt, faultyDatabase } from '@datasens/testkit/fault.ts';
import { restoreWorld, withTarget } from '@datasens/testkit/restore-world.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { expect, test } from 'vitest';
import { LAST_COMMAND, MODES, proxiedWorld, spread } from './proxied-world.ts';
import { restoreInChild } from './restore-in-child.ts';

const REPLACE = { inPlace: true, clean: true };

/** A dump, and a plan of its restore into a target of each kind, which are steps of the execution `nightly`. */
async function planned(mode: RestorePlan['mode'], more: Partial<RestoreDeps> = {}) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await restoreWorld());
  await world.source.sql('create table t as select generate_series(1, 100) as id');
  const { manifest } = await runDump(world.deps, { user: 'claire' });
  const target = stack.use(mode === 'create' ? futureDatabase() : await testDatabase());
  if (mode === 'in-place') await target.sql('create table t (id int)');
  const deps: RestoreDeps = { ...withTarget(world.deps, target.url), execution: 'nightly', ...more };
  const plan = await planRestore(deps, {
    dump: String(manifest.dumpId),
    into: 'target',
    prove: true,
    user: 'paul',
    ...(mode === 'in-place' ? REPLACE : {}),
  });
  expect(plan.mode).toBe(mode);
  const kept = stack.move();
  return { world, target, deps, plan, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** What is journalled of restores, in order. */
async function journalOf({ audit }: DumpWorld, execution = '%'): Promise<string[]> {
  const rows = await audit.server.sql<{ what: string }>(
    `select coalesce(detail::json ->> 'phase', evenement) as what from t39_dump_evenement
      where evenement in ('RESTAURE', 'PROUVE', 'ECHEC') and detail like '%"execution":"' || $1 || '"%' order by seq`,
    [execution],
  );
  return rows.map(({ what }) => what);
}

const ONCE = ['started', 'deciding', 'finished', 'PROUVE'];

test.for(MODES)('called again once it is done, it gives the same result and does nothing: %s', async (mode) => {
  await using again = await planned(mode);
  const { deps, plan, target, world } = again;
  const first = await restoreDump(deps, plan);
  expect(first).toMatchObject({ compared: { level: 'content', tables: 1, rows: 100 }, warnings: [] });
  // Whatever was done to it since stays.
  await target.sql('delete from t where id > 10');
  expect(await restoreDump(deps, plan)).toEqual(first);
  expect(await target.sql('select count(*)::int as n from t')).toEqual([{ n: 10 }]);
  expect(await journalOf(world)).toEqual(ONCE);
});

test.for(MODES)('called twice at once, it restores once, and both have the result: %s', async (mode) => {
  await using twice = await planned(mode);
  const { deps, plan, target, world } = twice;
  const [first, second] = await Promise.all([restoreDump(deps, plan), restoreDump(deps, plan)]);
  expect(second).toEqual(first);
  expect(await dumpText(target.url)).toBe(await dumpText(world.source.url));
  expect(await journalOf(world)).toEqual(ONCE);
});

test.for(MODES)('killed as it was to stand, the next call finds out whether it does: %s', async (mode) => {
  await using world = await proxiedWorld({ mode });
  const plan = await planRestore(world.deps, world.request);
  for (const moment of ['sent', 'answered'] as const) {
    await world.reset();
    const execution = `killed-${moment}`;
    const end = await restoreInChild(world, { at: LAST_COMMAND[mode], moment }, { execution, plan });
    expect(end).toBe('SIGKILL');
    const before = await journalOf(world.dump);
    expect(before.slice(-2)).toEqual(['started', 'deciding']);
    world.proxy.set();
    // What the killed one has left may take a moment to be undone.
    await eventually(() => restoreDump({ ...world.deps, execution }, plan));
    expect(await world.outcome()).toBe('restored');
    const after = (await journalOf(world.dump)).slice(before.length);
    // What was sent before the kill the server may still do, or not.
    if (moment === 'answered' || after.length === 1) expect(after).toEqual(['finished']);
    else expect(after).toEqual(['started', 'deciding', 'finished']);
    await world.abandoned();
  }
  await world.expectJournal();
});

test.for(['create', 'in-place'] as const)(
  'cut off from the audit at any step, it is restored and journalled once: %s',
  { timeout: 300_000 },
  async (mode) => {
    await using world = await planned(mode);
    const { deps, plan } = world;
    const seen: Record<string, string[]> = {};
    const counted = countSteps();
    await restoreDump({ ...deps, db: faultyDatabase(deps.db, counted) }, plan);
    for (const step of spread(counted.taken.length, 24)) {
      await using target = mode === 'create' ? futureDatabase() : await testDatabase();
      if (mode === 'in-place') await target.sql('create table t (id int)');
      const cut = { ...withTarget(deps, target.url), execution: `cut-${step}` };
      const db = faultyDatabase(deps.db, crashAt(step, step % 2 ? 'before' : 'after'));
      await restoreDump({ ...cut, db }, plan).catch((error: unknown) => error);
      const before = await journalOf(world.world, cut.execution);
      const result = await eventually(() => restoreDump(cut, plan));
      expect(result.compared).toEqual({ level: 'content', tables: 1, rows: 100 });
      expect(await dumpText(target.url)).toBe(await dumpText(world.world.source.url));
      const journal = await journalOf(world.world, cut.execution);
      expect.soft(journal.slice(-2), `step ${step}`).toEqual(['finished', 'PROUVE']);
      expect
        .soft(
          journal.filter((what) => what === 'finished'),
          `step ${step}`,
        )
        .toHaveLength(1);
      seen[before.at(-1) ?? 'nothing'] = journal.slice(before.length);
    }
    // Once it stood, nothing was done again.
    expect(seen).toMatchObject({
      nothing: ONCE,
      started: ONCE,
      deciding: expect.arrayContaining(['finished', 'PROUVE']),
      finished: ['PROUVE'],
      PROUVE: [],
    });
  },
);

test('another execution waits for as long as it was told to, and is told who has the target', async () => {
  await using held = await planned('in-place');
  const { deps, plan, target, world } = held;
  await using reader = await sqlSession(target.url, 'reader');
  await reader.sql('begin; select * from t');
  const first = restoreDump(deps, plan);
  const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'datasens %'`;
  await until(async () => (await ask(target.url, waiting)).length > 0);
  const second = restoreDump({ ...deps, execution: 'weekly' }, { ...plan, lockTimeoutMs: 300 });
  expect(await second.catch((error: unknown) => error)).toMatchObject({
    name: 'Transient',
    message: expect.stringMatching(
      /another restore into .* \(datasens restore \d+, execution nightly, .*Wait for its end/,
    ),
  });
  await reader.sql('commit');
  await first;
  expect(await journalOf(world)).toEqual(ONCE);
});

test('of what is tried again nothing is journalled as a failure', async () => {
  await using blocked = await planned('in-place');
  const { deps, plan, target, world } = blocked;
  await using reader = await sqlSession(target.url, 'reader');
  await reader.sql('begin; select * from t');
  await expect(restoreDump(deps, { ...plan, lockTimeoutMs: 300 })).rejects.toMatchObject({ name: 'Transient' });
  await reader.sql('commit');
  await restoreDump(deps, plan);
  expect(await journalOf(world)).toEqual(['started', ...ONCE]);
});

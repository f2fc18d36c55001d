import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { commitDump } from '@datasens/core/dump/commit-dump.ts';
import { planDump } from '@datasens/core/dump/plan-dump.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { stageDump } from '@datasens/core/dump/stage-dump.ts';
import { verifyStaged } from '@datasens/core/dump/verify-staged.ts';
import { reconcile } from '@datasens/core/reconcile/reconcile.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { changesAmong } from '@datasens/testkit/fault.ts';
import { dumpSessions, expectInvariants } from '@datasens/testkit/invariants.ts';
import { LARGE_TABLE } from '@datasens/testkit/large-table.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';
import { expect, inject, test } from 'vitest';
import type { DumpChildInput } from './dump.child.ts';

const user = 'claire';
const child = fileURLToPath(new URL('./dump.child.ts', import.meta.url));

function start({ audit }: DumpWorld, input: DumpChildInput) {
  const env = { ...process.env, ...audit.storage.env };
  return spawn(process.execPath, [child, JSON.stringify(input)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function childInput(world: DumpWorld, { sensitive = false } = {}): Promise<DumpChildInput> {
  const { url } = world.source;
  const plan = await planDump(world.deps, { user, sensitive });
  const recipients = world.deps.encryption?.recipients ?? [];
  return { sourceUrl: url, auditUrl: world.audit.server.url, plan, step: 0, recipients };
}

/** A dump that is killed after `step`, and carried out again. Tells what steps there were where it is not killed. */
async function killedAfter(step: number): Promise<string[]> {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select generate_series(1, 1000) as id');
  const input = await childInput(world);
  const dumping = start(world, { ...input, step });
  const lines = createInterface({ input: dumping.stdout });
  const said = once(lines, 'line').catch(() => []);
  const [code, killedBy] = await once(dumping, 'close');
  if (code === 0) return JSON.parse(String((await said)[0])) as string[];
  expect(killedBy).toBe('SIGKILL');
  await expectInvariants(world);

  await commitDump(world.deps, await verifyStaged(world.deps, await stageDump(world.deps, input.plan)));
  expect(await expectInvariants(world)).toEqual([input.plan.dumpId]);
  const created = await world.audit.server.sql(
    `select count(*)::int as n from t39_dump_evenement where evenement = 'CREE' and dump_id = $1`,
    [input.plan.dumpId],
  );
  expect(created).toEqual([{ n: 1 }]);
  return [];
}

test('killed after any step, a dump is whole or not there, and the same steps again converge', async () => {
  const steps = await killedAfter(0);
  const changes = changesAmong(steps);
  // Of the three steps, and of the journal's mirror.
  expect(changes.length).toBeGreaterThan(9);
  for (const step of changes) expect(await killedAfter(step)).toEqual([]);
}, 300_000);

const MIDWAY =
  'killed in the middle of the data, nothing claims to be a dump, no session keeps a lock, and reconcile finds the rest';

test.for([false, true])(`${MIDWAY}: sensitive %j`, async (sensitive) => {
  await using world = await dumpWorld({ encryption: (await testKeys()).dumping() });
  await world.source.sql(LARGE_TABLE);
  const dumping = start(world, { ...(await childInput(world, { sensitive })), hang: true });
  await once(createInterface({ input: dumping.stdout }), 'line');
  expect(await dumpSessions(world)).toBeGreaterThan(0);
  dumping.kill('SIGKILL');
  await once(dumping, 'exit');

  await until(async () => (await dumpSessions(world)) === 0);
  expect(await expectInvariants(world)).toEqual([]);
  const tomorrow = () => new Date(Date.now() + 86_400_000);
  const sweep = () =>
    reconcile({ ...world.deps, now: tomorrow, sources: new Map() }, { olderThanMs: 0, dryRun: false, user: 'claire' });
  // From a folder the next writer has removed it.
  const left = inject('storeKind') === 'file' ? [] : [{ name: expect.stringMatching(/\/data\./), outcome: 'mended' }];
  expect(await sweep()).toMatchObject({ kinds: { upload: { count: left.length, first: left } } });
  expect(await sweep()).toMatchObject({ kinds: { upload: { count: 0 } } });
  const { manifest } = await runDump(world.deps, { user });
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
});

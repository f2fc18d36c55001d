import { prefixOf } from '@datasens/core/catalog/manifest.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { keysBelow } from '@datasens/testkit/expiry-world.ts';
import { changesAmong, countSteps, crashAt, faultyDatabase, faultyStore, type Steps } from '@datasens/testkit/fault.ts';
import {
  commitBytes,
  expectReconcileInvariants,
  reconcileDeps,
  registerBytes,
  runReconcile,
  stageBytes,
} from '@datasens/testkit/reconcile-world.ts';
import { expect, inject, test } from 'vitest';
import type { ReconcileChildInput } from './reconcile.child.ts';
import { runChild } from './run-child.ts';

/** Bytes without a manifest, a manifest without a row, and a dump beside which another attempt has left something. */
async function trouble(audit: TestAudit) {
  const [dead, killed, whole] = [await stageBytes(audit), await commitBytes(audit), await registerBytes(audit)];
  await audit.store.put(`${whole.prefix}data.1f.dump`, [Buffer.from('bytes')]);
  return { dead, killed, whole };
}

async function expectMended(audit: TestAudit, { dead, killed, whole }: Awaited<ReturnType<typeof trouble>>) {
  expect(await keysBelow(audit.store, dead.prefix)).toEqual([]);
  expect(await keysBelow(audit.store, whole.prefix)).toHaveLength(3);
  expect(await keysBelow(audit.store, killed.prefix)).toHaveLength(3);
  const rows = await audit.server.sql<{ chemin: string; created: number }>(
    `select chemin, (select count(*)::int from t39_dump_evenement e where e.dump_id = t.dump_id and evenement = 'CREE')
       as created from t38_dump_audit t where dump_id = any($1::int[])`,
    [[killed.dumpId, whole.dumpId]],
  );
  expect(rows.map(({ chemin, created }) => [prefixOf(chemin), created]).toSorted()).toEqual(
    [killed, whole].map(({ prefix }) => [prefix, 1]).toSorted(),
  );
}

/** A reconcile of which each call to store and database is one of the steps. */
function reconcileBy(audit: TestAudit, steps: Steps) {
  const deps = reconcileDeps(audit);
  return runReconcile({ ...deps, db: faultyDatabase(audit.db, steps), store: faultyStore(audit.store, steps) });
}

/** The steps of a reconcile that nothing disturbs. */
async function stepsTaken(): Promise<readonly string[]> {
  await using audit = await testAudit();
  const its = await trouble(audit);
  const counted = countSteps();
  await reconcileBy(audit, counted);
  await expectMended(audit, its);
  expect((await runReconcile(reconcileDeps(audit))).findings).toEqual([]);
  expect(counted.taken.length).toBeGreaterThan(30);
  return counted.taken;
}

const isFolder = inject('storeKind') === 'file';

// Anew each time: a dump that is registered is a step more.
test('crashed after any step, it has broken no promise, and the next run finishes it', async () => {
  const taken = await stepsTaken();
  // What it asks and reads is the same on each store: on a server, after what changes it, which is a sixth of the steps.
  for (const n of isFolder ? taken.map((_, index) => index + 1) : changesAmong(taken)) {
    await using audit = await testAudit();
    const its = await trouble(audit);
    const crash = await reconcileBy(audit, crashAt(n, 'after')).catch((error: unknown) => error);
    if (crash instanceof Error) expect(crash.message, `step ${n}`).toBe('crash');
    await expectReconcileInvariants(audit);

    const run = await runReconcile(reconcileDeps(audit));
    expect(run.outcomes, `step ${n}`).toMatchObject({ look: 0, failed: 0, locked: 0 });
    await expectMended(audit, its);
    await expectReconcileInvariants(audit);
  }
}, 300_000);

test('killed for real, it leaves no lock behind, and the next run finishes it', async () => {
  const locks = (audit: TestAudit) =>
    audit.server.sql(`select from pg_locks where locktype = 'advisory' and database =
    (select oid from pg_database where datname = current_database())`);
  const taken = await stepsTaken();
  // Some of the steps: which promise holds after each is the test above. The last one is not reached.
  const some = isFolder
    ? taken.map((_, index) => index + 1).filter((n) => n % 6 === 3)
    : changesAmong(taken).filter((_, index) => index % 3 === 1);
  for (const n of [...some, taken.length + 1]) {
    await using audit = await testAudit();
    const its = await trouble(audit);
    const input: ReconcileChildInput = { url: audit.server.url, nowMs: reconcileDeps(audit).now().getTime(), n };
    const end = await runChild('reconcile.child.ts', JSON.stringify(input), audit.storage.env);
    expect(end, `step ${n}`).toBe(n > taken.length ? 0 : 'SIGKILL');
    await expectReconcileInvariants(audit);
    await until(async () => (await locks(audit)).length === 0);
    await runReconcile(reconcileDeps(audit));
    await expectMended(audit, its);
  }
});

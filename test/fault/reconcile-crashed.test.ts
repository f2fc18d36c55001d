import { prefixOf } from '@datasens/core/catalog/manifest.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { keysBelow } from '@datasens/testkit/expiry-world.ts';
import { crashAt, faultyDatabase, faultyStore } from '@datasens/testkit/fault.ts';
import {
  commitBytes,
  expectReconcileInvariants,
  reconcileDeps,
  registerBytes,
  runReconcile,
  stageBytes,
} from '@datasens/testkit/reconcile-world.ts';
import { expect, test, vi } from 'vitest';
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

test('crashed after any step, it has broken no promise, and the next run finishes it', async () => {
  for (let n = 1; ; n += 1) {
    // Anew each time: a dump that is registered is a step more.
    await using audit = await testAudit();
    const its = await trouble(audit);
    const steps = crashAt(n, 'after');
    const deps = {
      ...reconcileDeps(audit),
      db: faultyDatabase(audit.db, steps),
      store: faultyStore(audit.store, steps),
    };
    const crash = await runReconcile(deps).catch((error: unknown) => error);
    const isThrough = steps.taken.length < n;
    if (!isThrough && crash instanceof Error) expect(crash.message, `step ${n}`).toBe('crash');
    await expectReconcileInvariants(audit);

    const run = await runReconcile(reconcileDeps(audit));
    expect(run.outcomes, `step ${n}`).toMatchObject({ look: 0, failed: 0, locked: 0 });
    await expectMended(audit, its);
    await expectReconcileInvariants(audit);
    if (!isThrough) continue;
    expect((await runReconcile(reconcileDeps(audit))).findings).toEqual([]);
    expect(n).toBeGreaterThan(30);
    return;
  }
}, 300_000);

test('killed for real, it leaves no lock behind, and the next run finishes it', async () => {
  const locks = (audit: TestAudit) =>
    audit.server.sql(`select from pg_locks where locktype = 'advisory' and database =
    (select oid from pg_database where datname = current_database())`);
  // Some of the steps: which promise holds after each is the test above.
  for (let n = 3; ; n += 6) {
    await using audit = await testAudit();
    const its = await trouble(audit);
    const input: ReconcileChildInput = { url: audit.server.url, nowMs: reconcileDeps(audit).now().getTime(), n };
    const end = await runChild('reconcile.child.ts', JSON.stringify(input), audit.storage.env);
    await expectReconcileInvariants(audit);
    await vi.waitUntil(async () => (await locks(audit)).length === 0, { timeout: 30_000 });
    await runReconcile(reconcileDeps(audit));
    await expectMended(audit, its);
    if (end === 'SIGKILL') continue;
    expect(end).toBe(0);
    expect(n).toBeGreaterThan(25);
    return;
  }
});

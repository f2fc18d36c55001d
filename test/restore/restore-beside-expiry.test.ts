import { runDump } from '@datasens/core/dump/run-dump.ts';
import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import { planRestore } from '@datasens/core/restore/plan-restore.ts';
import { restoreDump } from '@datasens/core/restore/restore-dump.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import type { DumpWorld } from '@datasens/testkit/dump-world.ts';
import { runExpiry, statusesOf } from '@datasens/testkit/expiry-world.ts';
import { gatedStore } from '@datasens/testkit/gated-store.ts';
import { eventsOf, restoreWorld, withTarget } from '@datasens/testkit/restore-world.ts';
import { expect, test } from 'vitest';

const policy = {
  rules: [{ name: 'one', match: {}, keepLast: 1 }],
  archiveClass: 'GLACIER_IR',
  rejectedMs: 1e12,
};

/** Two dumps, of which the first is to go. */
async function twoDumps(): Promise<{ readonly world: DumpWorld; readonly old: number }> {
  const world = await restoreWorld();
  await world.source.sql('create table t as select generate_series(1, 10) as id');
  const { manifest } = await runDump(world.deps, { user: 'claire' });
  await runDump(world.deps, { user: 'claire' });
  return { world, old: manifest.dumpId };
}

/** The store, which does `meanwhile` before the data of a dump is read for the `n`-th time. */
function atRead(store: BlobStore, n: number, meanwhile: () => Promise<void>): BlobStore {
  let reads = 0;
  return {
    ...store,
    async *read(key, options) {
      if (/\/data\.[^/]+$/.test(key)) reads += 1;
      if (reads === n) {
        reads += 1;
        await meanwhile();
      }
      yield* store.read(key, options);
    },
  };
}

test.for([1, 2])('a dump whose data is read for the time %i of a restore is not deleted', async (n) => {
  const { world, old } = await twoDumps();
  await using _ = world;
  await using target = futureDatabase();
  const outcomes: unknown[] = [];
  const store = atRead(world.deps.store, n, async () => {
    outcomes.push((await runExpiry(world.deps, policy)).of(old));
  });
  const deps = { ...withTarget(world.deps, target.url), store };
  await runRestore(deps, { dump: String(old), into: 'target', prove: true, user: 'paul' });
  expect(outcomes).toMatchObject([{ action: 'remove', outcome: 'reading' }]);
  expect(await target.sql('select count(*)::int as n from t')).toEqual([{ n: 10 }]);
  // It is proven now, and so the newest proven one of its lineage.
  expect((await runExpiry(world.deps, policy)).of(old)).toMatchObject({ action: 'keep' });
});

test('a dump whose data is read by a restore moves to no other class, and does afterwards', async () => {
  const { world, old } = await twoDumps();
  await using _ = world;
  await using target = futureDatabase();
  const [{ createdAt }] = (await world.audit.server.sql(
    'select date_creation as "createdAt" from t38_dump_audit where dump_id = $1',
    [old],
  )) as [{ createdAt: Date }];
  const archiving = {
    ...policy,
    archiveClass: 'REDUCED_REDUNDANCY',
    rules: [{ name: 'cold', match: {}, keepLast: 7, archiveAfterMs: 60_000 }],
  };
  const later = { ...world.deps, now: () => new Date(createdAt.getTime() + 60_000) };
  const outcomes: unknown[] = [];
  const store = atRead(world.deps.store, 2, async () => {
    outcomes.push((await runExpiry(later, archiving)).of(old));
  });
  const deps = { ...withTarget(world.deps, target.url), store };
  await runRestore(deps, { dump: String(old), into: 'target', prove: true, user: 'paul' });
  expect(outcomes).toMatchObject([{ action: 'archive', outcome: 'reading' }]);
  expect((await runExpiry(later, archiving)).of(old)).toMatchObject({ action: 'archive', outcome: 'done' });
});

test('a dump that is being verified is not deleted, and not taken for a corrupt one', async () => {
  const { world, old } = await twoDumps();
  await using _ = world;
  const outcomes: unknown[] = [];
  const store = atRead(world.deps.store, 1, async () => {
    outcomes.push((await runExpiry(world.deps, policy)).of(old));
  });
  await verifyDump({ ...world.deps, store }, { dump: String(old), user: 'claire' });
  expect(outcomes).toMatchObject([{ action: 'remove', outcome: 'reading' }]);
  expect(await eventsOf(world)).not.toContain('ECHEC');
});

test('a dump that is deleted between plan and restore is refused, and nothing is touched', async () => {
  const { world, old } = await twoDumps();
  await using _ = world;
  await using target = futureDatabase();
  const deps = withTarget(world.deps, target.url);
  const plan = await planRestore(deps, { dump: String(old), into: 'target', user: 'paul' });
  await runExpiry(world.deps, policy);
  expect(await statusesOf(world.audit)).toMatchObject({ [old]: 'SUPPRIME' });
  const refused = { name: 'InvalidInput', message: expect.stringMatching(/was deleted/) };
  await expect(restoreDump(deps, plan)).rejects.toMatchObject(refused);
  await expect(runRestore(deps, { dump: String(old), into: 'target', user: 'paul' })).rejects.toMatchObject(refused);
  expect(await eventsOf(world)).not.toContain('RESTAURE');
  expect(await eventsOf(world)).not.toContain('ECHEC');
});

test('a dump under way is not touched, and counts once it is there', async () => {
  const { world, old } = await twoDumps();
  await using _ = world;
  const outcomes: unknown[] = [];
  const store = gatedStore(world.deps.store, /\/data\./, async () => {
    outcomes.push((await runExpiry(world.deps, policy)).actions);
  });
  await runDump({ ...world.deps, store }, { user: 'claire' });
  expect(outcomes).toMatchObject([{ keep: 1, remove: 1 }]);
  expect(await statusesOf(world.audit)).toMatchObject({ [old]: 'SUPPRIME' });
  expect((await runExpiry(world.deps, policy)).actions).toMatchObject({ keep: 1, remove: 1 });
  expect((await world.dumpKeys()).filter((key) => key.endsWith('/manifest.json'))).toHaveLength(1);
});

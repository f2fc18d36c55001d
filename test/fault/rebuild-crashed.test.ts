import { eventKey } from '@datasens/core/audit/journal-store.ts';
import { recordDump } from '@datasens/core/audit/record-dump.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { rebuild } from '@datasens/core/rebuild/rebuild.ts';
import { newDump, type TestAudit } from '@datasens/testkit/audit.ts';
import { afterLoss, auditRows } from '@datasens/testkit/audit-story.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { changesAmong, countSteps, crashAt, faultyDatabase, faultyStore, type Steps } from '@datasens/testkit/fault.ts';
import { expect, inject, test } from 'vitest';
import type { RebuildChildInput } from './rebuild.child.ts';
import { runChild } from './run-child.ts';

const request = { dryRun: false, user: 'paul' } as const;

/** Two dumps, the second of which was killed before its row. */
async function lostWorld(): Promise<DumpWorld> {
  const world = await dumpWorld();
  const { deps } = world;
  await world.source.sql('create table t as select 1 as id');
  await runDump(deps, { user: 'claire' });
  const killed = { ...deps, db: { ...deps.db, transaction: () => Promise.reject(new Error('killed')) } };
  await expect(runDump(killed, { user: 'claire' })).rejects.toThrow('killed');
  return world;
}

/** What any rebuilding that came to its end has restored, and not more. */
async function expectRestored(audit: TestAudit, lost: Awaited<ReturnType<typeof auditRows>>): Promise<void> {
  const rows = await auditRows(audit);
  expect(rows.events?.slice(0, 2)).toEqual(lost.events);
  expect(rows.dumps?.slice(0, 1)).toEqual(lost.dumps);
  expect(rows.dumps).toMatchObject([{ dump_id: 1 }, { dump_id: 2, statut: 'ACTIF' }]);
  expect(rows.events).toHaveLength(3);
}

/** A rebuilding of which each call to store and database is one of the steps. */
function rebuildBy(audit: TestAudit, steps: Steps) {
  const deps = { ...audit, db: faultyDatabase(audit.db, steps), store: faultyStore(audit.store, steps) };
  return rebuild(deps, { ...request, despiteDamage: false });
}

/** The steps of a rebuilding that nothing disturbs. */
async function stepsTaken(world: DumpWorld): Promise<readonly string[]> {
  await using audit = await afterLoss(world.audit);
  const counted = countSteps();
  await rebuildBy(audit, counted);
  await forget(audit);
  expect(counted.taken.length).toBeGreaterThan(30);
  return counted.taken;
}

test('crashed after any step the database is empty or restored, and the next run finishes it', async () => {
  await using world = await lostWorld();
  const lost = await auditRows(world.audit);
  const taken = await stepsTaken(world);
  // What it asks and reads is the same on each store: on a server, after what changes something.
  const isFolder = inject('storeKind') === 'file';
  for (const n of isFolder ? taken.map((_, index) => index + 1) : changesAmong(taken)) {
    // The second dump is registered in the bucket by the first run that comes so far: each has a bucket of before.
    await using audit = await afterLoss(world.audit);
    const empty = await auditRows(audit);
    const crash = await rebuildBy(audit, crashAt(n, 'after')).catch((error: unknown) => error);
    expect(String(crash), `step ${n}`).toContain('crash');
    const rows = await auditRows(audit);
    if (rows.dumps?.length === 0) expect(rows, `step ${n}`).toEqual(empty);
    else expect(rows.events?.slice(0, 2), `step ${n}`).toEqual(lost.events);
    await rebuild(audit, { ...request, despiteDamage: false });
    await expectRestored(audit, lost);
    expect(await verifyJournal(audit), `step ${n}`).toMatchObject({ ok: true, problems: [] });
    await forget(audit);
  }
}, 300_000);

/** Takes the registration of the second dump back out of the bucket. */
async function forget({ store, storage }: TestAudit): Promise<void> {
  await store.delete(eventKey(3));
  const { seq, hash } = JSON.parse((await storage.outside.read(eventKey(2))).toString());
  await storage.outside.write('journal/head.json', JSON.stringify({ seq, hash }));
}

test.for([false, true])(
  'killed for real (the tail lost: %s), it leaves no lock behind, and the next run finishes it',
  { timeout: 300_000 },
  async (tailLost) => {
    await using world = await lostWorld();
    const lost = await auditRows(world.audit);
    const [kept] = [await world.audit.storage.outside.read(eventKey(2))];
    // Some of the steps: what holds after each is the test above.
    for (let n = 3; ; n += 5) {
      if (tailLost) await world.audit.store.delete(eventKey(2));
      await using audit = await afterLoss(world.audit);
      const input: RebuildChildInput = { url: audit.server.url, despiteDamage: tailLost, n };
      const end = await runChild('rebuild.child.ts', JSON.stringify(input), audit.storage.env);
      await until(async () => (await locksOf(audit)) === 0);
      await rebuild(audit, { ...request, despiteDamage: tailLost });
      if (tailLost) {
        // The row of the first dump is that of its manifest; REBATI has the place behind the lost event.
        expect((await auditRows(audit)).dumps).toMatchObject([{ dump_id: 1 }, { dump_id: 2 }]);
        await recordDump(audit, newDump({ dumpId: 50 }), {});
        const events = (await auditRows(audit)).events as { seq: number; evenement: string }[];
        expect(events.map(({ seq, evenement }) => `${seq} ${evenement}`)).toEqual([
          '1 INITIALISE',
          '3 REBATI',
          '4 CREE',
          '5 CREE',
          '6 CREE',
        ]);
        for (const seq of [3, 4, 5, 6]) await audit.store.delete(eventKey(seq));
        await audit.storage.outside.write(eventKey(2), kept);
        const { seq, hash } = JSON.parse(kept.toString());
        await audit.storage.outside.write('journal/head.json', JSON.stringify({ seq, hash }));
      } else {
        await expectRestored(audit, lost);
        expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
        await forget(audit);
      }
      if (end === 'SIGKILL') continue;
      expect(end).toBe(0);
      expect(n).toBeGreaterThan(25);
      return;
    }
  },
);

async function locksOf({ server }: TestAudit): Promise<number> {
  const rows = await server.sql(`select from pg_locks where locktype = 'advisory' and database =
    (select oid from pg_database where datname = current_database())`);
  return rows.length;
}

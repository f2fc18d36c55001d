import { testAudit } from '@datasens/testkit/audit.ts';
import { afterLoss } from '@datasens/testkit/audit-story.ts';
import { commitBytes } from '@datasens/testkit/reconcile-world.ts';
import { recordingStore } from '@datasens/testkit/recording-store.ts';
import { expect, test } from 'vitest';
import { mirrorJournal } from '../audit/mirror-journal.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import type { Database } from '../postgres/database.ts';
import { rebuild } from './rebuild.ts';

const request = { dryRun: false, despiteDamage: false, user: 'paul' };

/** So many dumps that were killed between their manifests and their rows, under an audit that is lost then. */
async function lostWithOrphans(count: number) {
  const lost = await testAudit();
  await mirrorJournal(lost);
  const ids: number[] = [];
  // Of one second: then the order of keys is not that of ids.
  const made = new Date();
  for (let n = 0; n < count; n += 1) ids.push((await commitBytes({ ...lost, now: () => made })).dumpId);
  return { lost, ids };
}

const created = async ({ db }: { readonly db: Database }) => {
  const { rows } = await db.query<{ id: number }>(
    `select dump_id as id from t39_dump_evenement where evenement = 'CREE' order by seq`,
  );
  return rows.map(({ id }) => id);
};

test('many dumps are registered in the order in which they were made, and mirrored together', async () => {
  const { lost, ids } = await lostWithOrphans(25);
  await using _ = lost;
  await using audit = await afterLoss(lost);
  const { store, stored } = recordingStore(audit.store);
  expect(await rebuild({ ...audit, store }, request)).toMatchObject({ adopted: 25, refusedCount: 0 });
  expect(await created(audit)).toEqual(ids);
  expect(stored.filter((key) => key.startsWith('catalog/dumps/'))).toHaveLength(2);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: 26 });
});

// The restoring, its mirror, and the three dumps.
test.for([1, 2, 3, 4, 5])('killed after its transaction %i, it goes on where it was', async (n) => {
  const { lost, ids } = await lostWithOrphans(3);
  await using _ = lost;
  await using audit = await afterLoss(lost);
  let taken = 0;
  const transaction: Database['transaction'] = async (work) => {
    const result = await audit.db.transaction(work);
    taken += 1;
    if (taken >= n) throw new Error('killed');
    return result;
  };
  await expect(rebuild({ ...audit, db: { ...audit.db, transaction } }, request)).rejects.toThrow('killed');
  expect(await created(audit)).toEqual(ids.slice(0, Math.max(0, n - 2)));

  expect(await rebuild(audit, request)).toMatchObject({ outcome: 'complete', dumps: 3, refusedCount: 0 });
  expect(await created(audit)).toEqual(ids);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: 4 });
});

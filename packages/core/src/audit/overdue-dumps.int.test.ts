import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { EXPIRY_NOW } from '@datasens/testkit/expiry-clock.ts';
import { daysAgo, expiryDeps, runExpiry, statusesOf, storeDaily } from '@datasens/testkit/expiry-world.ts';
import { storeDump } from '@datasens/testkit/stored-dump.ts';
import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { Notification } from '../notify/notification.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { listOverdue } from './overdue-dumps.ts';
import { recordEvent } from './record-event.ts';

async function overdueOf({ db, signal }: TestAudit, limit = 100) {
  return await listOverdue(db, EXPIRY_NOW, limit, signal);
}

async function idsOf(audit: TestAudit): Promise<(number | null)[]> {
  return (await overdueOf(audit)).first.map(({ dumpId }) => dumpId);
}

/** The store as one that is busy when a tombstone comes: what was marked stays. */
function withoutTombstones(store: BlobStore): BlobStore {
  const busy = () => Promise.reject(new AppError('Transient', 'the server is busy'));
  return { ...store, put: (key, ...rest) => (key.startsWith('tombstones/') ? busy() : store.put(key, ...rest)) };
}

test('a dump that outlives its own term is told until it is deleted', async () => {
  await using audit = await testAudit();
  await storeDump(audit, 1, { createdAt: daysAgo(40), expiresAt: daysAgo(1) });
  await storeDump(audit, 2, { createdAt: daysAgo(40), expiresAt: daysAgo(30) });
  await storeDump(audit, 3, { createdAt: daysAgo(40), expiresAt: EXPIRY_NOW });
  await storeDump(audit, 4, { createdAt: daysAgo(40), expiresAt: new Date(EXPIRY_NOW.getTime() + 1) });
  await storeDump(audit, 5, { createdAt: daysAgo(40) });
  const { total, first } = await overdueOf(audit);
  expect(total).toBe(3);
  expect(first.map(({ dumpId, term }) => [dumpId, term])).toEqual([
    [2, daysAgo(30).toISOString()],
    [1, daysAgo(1).toISOString()],
    [3, EXPIRY_NOW.toISOString()],
  ]);
  expect(first[0]).toMatchObject({
    key: expect.stringMatching(/^dumps\/SQL\/.*\.dump$/),
    because: 'no expiry has deleted it: run datasens expire',
  });
  await runExpiry(expiryDeps(audit));
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 2: 'SUPPRIME', 3: 'SUPPRIME', 4: 'ACTIF' });
  expect(await overdueOf(audit)).toEqual({ total: 0, first: [] });
});

test('of what stands it is told why no expiry takes it', async () => {
  const before = `
    create table t38_dump_audit (
      dump_id serial primary key, type varchar(50) not null, chemin text not null unique, taille_mb float,
      date_creation timestamp default now(), utilisateur varchar(100), commentaire text,
      checksum_sha256 varchar(64), statut varchar(20) default 'ACTIF', date_expiration timestamp, minio_uri text,
      table_cible varchar(100));
    insert into t38_dump_audit (dump_id, type, chemin, date_expiration) values (1, 'SQL', 'older', '2026-01-01')`;
  await using audit = await testAudit({ before });
  await storeDump(audit, 2, { createdAt: daysAgo(40), expiresAt: daysAgo(9) });
  await recordEvent(audit, { event: 'RETENU', dumpId: 2, user: 'paul' });
  await storeDump(audit, 3, { createdAt: daysAgo(40), expiresAt: daysAgo(8) });
  await recordEvent(audit, { event: 'RETENU', dumpId: 3, user: 'paul', detail: { until: '2026-12-24T00:00:00Z' } });
  await storeDump(audit, 4, { createdAt: daysAgo(40), expiresAt: daysAgo(7) });
  await audit.server.sql(`update t38_dump_audit set statut = 'ARCHIVE' where dump_id = 4`);
  await audit.server.sql(`insert into t38_dump_audit (dump_id, type, chemin, statut, date_expiration) values
    (5, 'RAW', 'by hand', null, '2026-11-25'), (6, 'IMPORT', 'stores nothing', 'ACTIF', '2026-11-25'),
    (7, 'SQL', 'at the end of time', 'ACTIF', 'infinity'), (8, 'SQL', 'never meant', 'ACTIF', '-infinity')`);
  const { total, first } = await overdueOf(audit);
  expect(first.map(({ dumpId, term, because }) => [dumpId, term?.slice(0, 10) ?? null, because])).toEqual([
    [8, null, 'the journal does not know of it, and no expiry of ours deletes it'],
    [1, '2026-01-01', 'it is older than the journal, and no expiry of ours deletes it'],
    [2, '2026-11-18', 'it is held until it is released: release it, or lengthen its term'],
    [3, '2026-11-19', 'it is held until 2026-12-24T00:00:00Z: release it'],
    [4, '2026-11-20', 'no expiry has deleted it: run datasens expire'],
    [5, '2026-11-25', 'the journal does not know of it, and no expiry of ours deletes it'],
  ]);
  expect(total).toBe(6);
  const told = Notification.safeParse({ kind: 'overdue', at: EXPIRY_NOW.toISOString(), total, dumps: first });
  expect(told.error, 'it is what people are told').toBeUndefined();
  expect(await overdueOf(audit, 2)).toEqual({ total: 6, first: first.slice(0, 2) });
});

test('what was marked stays overdue until it is certified, when a term has ended it', async () => {
  await using audit = await testAudit();
  // Eight, of which rotation takes the oldest; and one whose term is over.
  await storeDaily(audit, 8);
  await storeDump(audit, 9, { createdAt: daysAgo(40), expiresAt: daysAgo(1) });
  await audit.store.put('rejected/20260801T000000Z-77/rejects.ndjson', [Buffer.from('{}')]);
  const stuck = { ...expiryDeps(audit), store: withoutTombstones(audit.store) };
  await expect(runExpiry(stuck), 'three in a row, each of which is marked').rejects.toThrow('the server is busy');
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 9: 'SUPPRIME' });

  const { total, first } = await overdueOf(audit);
  expect(total).toBe(2);
  expect(first).toMatchObject([
    { dumpId: 77, key: 'rejected/20260801T000000Z-77/rejects.ndjson', term: '2026-10-30T00:00:00.000Z' },
    { dumpId: 9, term: daysAgo(1).toISOString(), because: expect.stringMatching(/^its deletion began on 20.*expire$/) },
  ]);
  await runExpiry(expiryDeps(audit));
  expect(await idsOf(audit)).toEqual([]);
});

test('a mark that somebody altered is told, for nobody knows its term any more', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 8);
  await runExpiry({ ...expiryDeps(audit), store: withoutTombstones(audit.store) });
  expect(await idsOf(audit), 'rotation ends no term').toEqual([]);
  await audit.server.sql(
    `update t39_dump_evenement set detail = replace(detail, '"why":"rotation"', '"why":"term"') where evenement = 'SUPPRIME'`,
  );
  expect(await overdueOf(audit)).toMatchObject({
    total: 1,
    first: [{ dumpId: 1, term: null, because: expect.stringContaining('run datasens journal verify') }],
  });
});

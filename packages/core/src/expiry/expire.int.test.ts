import { testAudit } from '@datasens/testkit/audit.ts';
import { EXPIRY_NOW } from '@datasens/testkit/expiry-clock.ts';
import {
  daysAgo,
  deletionsOf,
  expectExpiryInvariants,
  expiryDeps,
  keysBelow,
  runExpiry,
  statusesOf,
  storeDaily,
} from '@datasens/testkit/expiry-world.ts';
import { faultyStore, type Steps } from '@datasens/testkit/fault.ts';
import { storeDump, storedPrefix } from '@datasens/testkit/stored-dump.ts';
import { expect, test } from 'vitest';
import { lockDumpShared } from '../audit/dump-lock.ts';
import { expectClock } from '../audit/expect-clock.ts';
import { findDump } from '../audit/find-dump.ts';
import { tryLockSession } from '../audit/locks.ts';
import { recordEvent } from '../audit/record-event.ts';
import { listUnfinishedDeletions } from '../audit/unfinished-deletions.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import { findPlace } from '../catalog/dump-place.ts';
import { AppError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { expire } from './expire.ts';
import { finishDeletion } from './finish-deletion.ts';
import { holdDump } from './hold-dump.ts';
import { markDump } from './mark-deletion.ts';
import { DEFAULT_POLICY } from './retention-policy.ts';
import { DAY_MS, policyOf } from './test-dumps.ts';

test('what no rule keeps is marked, gone in every version, and certified; its row stays', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  const dry = await runExpiry(expiryDeps(audit), DEFAULT_POLICY, true);
  expect(dry).toMatchObject({ actions: { keep: 7, remove: 2 }, outcomes: { planned: 2 } });
  expect(Object.values(await statusesOf(audit))).toEqual(Array(9).fill('ACTIF'));

  const done = await runExpiry(expiryDeps(audit));
  expect(done).toMatchObject({ actions: { keep: 7, remove: 2 }, outcomes: { done: 9 }, warnings: [] });
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 2: 'SUPPRIME', 3: 'ACTIF', 9: 'ACTIF' });
  expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(7 * 3);
  const [, certificate] = await deletionsOf(audit, 1);
  expect(certificate).toMatchObject({
    phase: 'certified',
    what: 'dump',
    key: `${storedPrefix(1, { createdAt: daysAgo(8) })}data.0f.dump`,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    markHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    why: 'rotation',
    rule: 'default',
    stored: true,
    deletedVersions: 3,
  });
  await expectExpiryInvariants(audit);
  expect(await runExpiry(expiryDeps(audit))).toMatchObject({ actions: { keep: 7, remove: 0 } });
});

test('of several at once one works, and the others say so', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  const refused = { name: 'Transient', message: expect.stringMatching(/another expiry is under way/) };
  await audit.db.session(async (session) => {
    await tryLockSession(session, 'expiry');
    await expect(runExpiry(expiryDeps(audit))).rejects.toMatchObject(refused);
    expect(await runExpiry(expiryDeps(audit), DEFAULT_POLICY, true)).toMatchObject({ outcomes: { planned: 2 } });
  });
  const ends = await Promise.allSettled([1, 2, 3].map(() => runExpiry(expiryDeps(audit))));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  for (const reason of reasons) expect(reason).toMatchObject(refused);
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 2: 'SUPPRIME', 3: 'ACTIF' });
  await expectExpiryInvariants(audit);
});

test('of two plans that each rely on the dump that the other takes, one is carried out', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 2);
  const mark = async (dumpId: number, witness: number) => {
    const { key } = await findDump(audit.db, String(dumpId));
    const place = findPlace(key, dumpId);
    if (!place) throw new Error(`${key} is no dump`);
    const decision = { action: 'remove', reasons: ['test'], witnesses: [witness], term: null } as const;
    return await markDump(audit, { dumpId, key, place, decision, user: 'paul' });
  };
  const kinds = (await Promise.all([mark(1, 2), mark(2, 1)])).map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(['changed', 'marked']);
});

test('two who finish one deletion certify it once', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 8);
  await expect(runExpiry({ ...expiryDeps(audit), store: withoutTombstones(audit.store) })).resolves.toMatchObject({
    outcomes: { failed: 1 },
  });
  const [mark] = await Array.fromAsync(listUnfinishedDeletions(audit.db, audit.signal));
  if (!mark) throw new Error('nothing was marked');
  await Promise.all([finishDeletion(audit, mark, 'paul'), finishDeletion(audit, mark, 'claire')]);
  expect((await deletionsOf(audit, 1)).map(({ phase }) => phase)).toEqual(['marked', 'certified']);
});

test('a dump that is being restored is left alone, and taken by the next run', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  await audit.db.session(async (restoring) => {
    await lockDumpShared(restoring, 1);
    const { lines } = await runExpiry(expiryDeps(audit));
    expect(lines.find(({ dumpId }) => dumpId === 1)).toMatchObject({ action: 'remove', outcome: 'reading' });
  });
  expect(await statusesOf(audit)).toMatchObject({ 1: 'ACTIF', 2: 'SUPPRIME' });
  await runExpiry(expiryDeps(audit));
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME' });
  await expectExpiryInvariants(audit);
});

/** The store as one that is busy when a tombstone comes. */
function withoutTombstones(store: BlobStore): BlobStore {
  const busy = () => Promise.reject(new AppError('Transient', 'the server is busy'));
  return { ...store, put: (key, ...rest) => (key.startsWith('tombstones/') ? busy() : store.put(key, ...rest)) };
}

test('a bucket that does not take the tombstone loses nothing', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  const { of } = await runExpiry({ ...expiryDeps(audit), store: withoutTombstones(audit.store) });
  expect(of(1)).toMatchObject({ outcome: 'failed' });
  expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(9 * 3);
  await runExpiry(expiryDeps(audit));
  expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(7 * 3);
  await expectExpiryInvariants(audit);
});

test('a store that fails every third call breaks no promise, and nothing stays undone once it works', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  let calls = 0;
  const everyThird: Steps = {
    taken: [],
    begin() {
      calls += 1;
      if (calls % 3 === 0) throw new AppError('Transient', 'the server is busy');
      return calls;
    },
    end: () => undefined,
  };
  const deps = { ...expiryDeps(audit), store: faultyStore(audit.store, everyThird) };
  for (let times = 0; times < 6; times += 1) {
    await runExpiry(deps).catch((error: unknown) => expect(error).toMatchObject({ name: 'Transient' }));
    await expectExpiryInvariants(audit);
  }
  await runExpiry(expiryDeps(audit));
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 2: 'SUPPRIME', 3: 'ACTIF' });
  await expectExpiryInvariants(audit);
});

test('what the storage has lost is certified, and that it was not there', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 8);
  const prefix = storedPrefix(1, { createdAt: daysAgo(7) });
  for (const key of await keysBelow(audit.store, prefix)) await audit.storage.outside.remove(key);
  await runExpiry(expiryDeps(audit));
  expect((await deletionsOf(audit, 1)).at(-1)).toMatchObject({ phase: 'certified', stored: false, deletedVersions: 0 });
  await expectExpiryInvariants(audit);
});

test('a legal term ends the last dump of a lineage, too, and says so; a proven one is else never rotated', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  await recordEvent(audit, { event: 'PROUVE', dumpId: 1 });
  await storeDump(audit, 20, { createdAt: daysAgo(90), expiresAt: EXPIRY_NOW, lineage: 'manual' });
  const { of, warnings } = await runExpiry(expiryDeps(audit));
  expect(of(1)).toMatchObject({ action: 'keep', reasons: ['the newest proven one of its lineage'] });
  expect(of(2)).toMatchObject({ action: 'remove', outcome: 'done' });
  expect(of(20)).toMatchObject({ action: 'expire', outcome: 'done' });
  expect(warnings).toEqual([expect.stringMatching(/^no whole dump of SQL\/default\/manual is left: dump 20/)]);
  expect((await deletionsOf(audit, 20)).at(-1)).toMatchObject({ why: 'term', term: EXPIRY_NOW.toISOString() });
  await expectExpiryInvariants(audit);
});

test('a dump that was found corrupt proves nothing, until it is found whole again', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  await recordEvent(audit, { event: 'PROUVE', dumpId: 1 });
  await recordEvent(audit, { event: 'ECHEC', dumpId: 1, detail: { error: { name: 'CorruptDump', message: 'x' } } });
  expect((await runExpiry(expiryDeps(audit), DEFAULT_POLICY, true)).of(1)).toMatchObject({ action: 'remove' });
  await recordEvent(audit, { event: 'VERIFIE', dumpId: 1 });
  expect((await runExpiry(expiryDeps(audit), DEFAULT_POLICY, true)).of(1)).toMatchObject({ action: 'keep' });
});

test('what was changed by hand is told, and deleted by nobody', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 10);
  // A term that is over, the key of another dump, and one that nobody registered.
  await audit.server.sql(`update t38_dump_audit set date_expiration = '2020-01-01' where dump_id = 10`);
  await audit.server.sql(`update t38_dump_audit set chemin = replace(chemin, '-1/', '-9/') where dump_id = 1`);
  await audit.server.sql(`update t38_dump_audit set statut = 'SUPPRIME' where dump_id = 5`);
  await audit.server.sql(
    `insert into t38_dump_audit (dump_id, type, chemin, minio_uri, date_creation) values (50, 'SQL', 'x', 'x', now())`,
  );
  const { of } = await runExpiry(expiryDeps(audit));
  expect(of(10)).toMatchObject({
    outcome: 'changed',
    because: expect.stringMatching(/not what the journal recorded \(expiresAt\)/),
  });
  for (const dumpId of [1, 50]) expect(of(dumpId)).toMatchObject({ action: 'keep' });
  expect(of(5)).toBeUndefined();
  expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(10 * 3);
});

test('a mark that was altered deletes nothing', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 8);
  await runExpiry({ ...expiryDeps(audit), store: withoutTombstones(audit.store) });
  await audit.server.sql(
    `update t39_dump_evenement set detail = replace(replace(detail, '20261120', '20261127'), '-1/', '-8/')
      where evenement = 'SUPPRIME'`,
  );
  const { of } = await runExpiry(expiryDeps(audit));
  expect(of(1)).toMatchObject({ outcome: 'failed', because: expect.stringMatching(/journal verify/) });
  expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(8 * 3);
});

test('dumps of another storage are left alone, and not certified', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  await audit.server.sql(
    `update t38_dump_audit set minio_uri = replace(minio_uri, '://', '://elsewhere') where dump_id < 9`,
  );
  const { actions } = await runExpiry(expiryDeps(audit), policyOf({ keepLast: 1 }));
  expect(actions).toMatchObject({ keep: 9, remove: 0 });
});

test('a hold keeps a dump from rotation until it is released or over', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  const request = { policy: DEFAULT_POLICY, user: 'claire' };
  const hold = (dump: string, more: { release?: boolean; until?: Date } = {}) =>
    holdDump(expiryDeps(audit), { release: false, ...more, ...request, dump });
  expect(await hold('1')).toMatchObject({ changed: true, heldUntil: 'released' });
  expect(await hold('1')).toMatchObject({ changed: false });
  await hold('2', { until: daysAgo(-1) });
  const first = await runExpiry(expiryDeps(audit));
  expect(first.of(1)).toMatchObject({ action: 'keep', reasons: ['held until it is released'] });
  expect(first.of(2)).toMatchObject({ action: 'keep', reasons: ['held until 2026-11-28T00:30:00.000Z'] });
  expect((await runExpiry(expiryDeps(audit, daysAgo(-2)))).of(2)).toMatchObject({ action: 'remove', outcome: 'done' });
  expect(await hold('1', { release: true })).toMatchObject({ changed: true, heldUntil: null });
  expect((await runExpiry(expiryDeps(audit))).of(1)).toMatchObject({ action: 'remove', outcome: 'done' });
  await expect(hold('1')).rejects.toMatchObject({ name: 'InvalidInput' });
  await expectExpiryInvariants(audit);
});

test('a hold that would outlive a legal term is refused, and one that meets a later one is told', async () => {
  await using audit = await testAudit();
  await storeDump(audit, 1, { createdAt: daysAgo(10), expiresAt: daysAgo(-80) });
  await storeDump(audit, 2, { createdAt: daysAgo(9) });
  const hold = (dump: string, until?: Date, policy = DEFAULT_POLICY) =>
    holdDump(expiryDeps(audit), { dump, policy, release: false, until, user: 'claire' });
  const refused = { name: 'NotAllowed', message: expect.stringMatching(/legal term/) };
  await expect(hold('1')).rejects.toMatchObject(refused);
  await expect(hold('1', daysAgo(-81))).rejects.toMatchObject(refused);
  await expect(hold('2', undefined, policyOf({ keepLast: 7, expireAfterMs: 90 * DAY_MS }))).rejects.toMatchObject(
    refused,
  );
  expect(await hold('1', daysAgo(-80))).toMatchObject({ changed: true });
  await hold('2');
  const { of, warnings } = await runExpiry(expiryDeps(audit), policyOf({ keepLast: 7, expireAfterMs: 9 * DAY_MS }));
  expect(of(2)).toMatchObject({ action: 'keep' });
  expect(warnings).toContainEqual(expect.stringMatching(/held beyond their legal term/));
});

test('what is old enough is ARCHIVE, under its key, and still what it was', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 3);
  const policy = { ...policyOf({ keepLast: 7, archiveAfterMs: 2 * DAY_MS }), archiveClass: 'REDUCED_REDUNDANCY' };
  const { of } = await runExpiry(expiryDeps(audit), policy);
  expect(of(1)).toMatchObject({ action: 'archive', outcome: 'done' });
  expect(await statusesOf(audit)).toEqual({ 1: 'ARCHIVE', 2: 'ACTIF', 3: 'ACTIF' });
  expect((await audit.storage.outside.read(of(1)?.key ?? '')).toString()).toBe('dump 1');
  expect((await runExpiry(expiryDeps(audit), policy)).actions).toMatchObject({ archive: 0, keep: 3 });
  expect(await verifyJournal(audit)).toMatchObject({ ok: true });
  await runExpiry(expiryDeps(audit), policyOf({ keepLast: 1 }));
  expect(await statusesOf(audit)).toEqual({ 1: 'SUPPRIME', 2: 'SUPPRIME', 3: 'ACTIF' });
  await expectExpiryInvariants(audit);
});

test('a class that the store does not have keeps nothing from being deleted', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  const setStorageClass = () => Promise.reject(new AppError('ConfigError', 'no such storage class'));
  const deps = { ...expiryDeps(audit), store: { ...audit.store, setStorageClass } };
  const { outcomes, of } = await runExpiry(deps, policyOf({ keepLast: 7, archiveAfterMs: DAY_MS }));
  expect(outcomes).toMatchObject({ failed: 6, done: 3 });
  expect(of(1)).toMatchObject({ action: 'remove', outcome: 'done' });
  expect(await statusesOf(audit)).toMatchObject({ 8: 'ACTIF' });
});

test('rejects go after 90 days, as personal data do; imported files when somebody says so', async () => {
  await using audit = await testAudit();
  const put = (key: string) => audit.store.put(key, [Buffer.from('x')]);
  for (const name of ['rejects.ndjson', 'reading.json']) {
    await put(`rejected/20260829T003000Z-7/${name}`);
    await put(`rejected/20260829T003001Z-8/${name}`);
  }
  const refused = (seconds: string) => `rejected/20260829T0030${seconds}Z-file-0123456789abcdef01234567/`;
  await put(`${refused('00')}public.sales/sales.csv`);
  await put(`${refused('01')}public.sales/sales.csv`);
  await put('rejected/by-hand/kept.csv');
  await put('imported/sales.csv');
  await put('imported/sales.csv.gz');
  const first = await runExpiry(expiryDeps(audit));
  expect(first.lines).toMatchObject([
    { dumpId: 7, action: 'expire', rule: 'rejected', outcome: 'done' },
    {
      dumpId: null,
      key: `${refused('00')}public.sales/sales.csv`,
      action: 'expire',
      rule: 'rejected',
      outcome: 'done',
    },
  ]);
  expect(await keysBelow(audit.store, 'rejected/')).toEqual([
    'rejected/20260829T003001Z-8/reading.json',
    'rejected/20260829T003001Z-8/rejects.ndjson',
    `${refused('01')}public.sales/sales.csv`,
    'rejected/by-hand/kept.csv',
  ]);
  expect(await keysBelow(audit.store, 'imported/')).toHaveLength(2);

  const later = new Date(Date.now() + 10 * DAY_MS);
  const { lines } = await runExpiry(expiryDeps(audit, later), {
    ...DEFAULT_POLICY,
    rejectedMs: 1e12,
    importedMs: 9 * DAY_MS,
  });
  expect(lines.map(({ key, outcome }) => [key, outcome])).toEqual([
    ['imported/sales.csv', 'done'],
    ['imported/sales.csv.gz', 'done'],
  ]);
  expect(await keysBelow(audit.store, 'imported/')).toEqual([]);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true });
});

test('of thousands of dumps, many of one moment, each is decided on once', async () => {
  await using audit = await testAudit();
  await audit.server.sql(
    `insert into t38_dump_audit (type, chemin, minio_uri, date_creation)
     select 'SQL', 'by hand/' || i, 'x', timestamp '2026-11-01' + (i / 900) * interval '1 hour' from generate_series(1, 3500) i`,
  );
  const { lines, actions } = await runExpiry(expiryDeps(audit), DEFAULT_POLICY, true);
  expect(new Set(lines.map(({ dumpId }) => dumpId)).size).toBe(3_500);
  expect(actions).toMatchObject({ keep: 3_500 });
});

test('with a clock that is far off nothing is begun', async () => {
  await using audit = await testAudit();
  const [{ at }] = (await audit.db.query<{ at: string }>('select clock_timestamp()::timestamp as at')).rows as [
    { at: string },
  ];
  await expectClock(audit.db, new Date(Date.parse(at) + 60_000));
  for (const minutes of [-60, 60]) {
    await expect(expectClock(audit.db, new Date(Date.parse(at) + minutes * 60_000))).rejects.toMatchObject({
      name: 'ConfigError',
    });
  }
});

test('an interruption ends the run, and the next one goes on', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  const interruption = new AbortController();
  const versions: BlobStore['versions'] = (...args) => {
    interruption.abort(new AppError('Transient', 'interrupted'));
    return audit.store.versions(...args);
  };
  const deps = { ...expiryDeps(audit), signal: interruption.signal, store: { ...audit.store, versions } };
  await expect(runExpiry(deps)).rejects.toThrow('interrupted');
  expect(Object.values(await statusesOf(audit)).filter((status) => status === 'SUPPRIME')).toHaveLength(1);
  await runExpiry(expiryDeps(audit));
  expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(7 * 3);
  await expectExpiryInvariants(audit);
});

test('of one lineage alone, it leaves every other as it is, and finishes nothing of theirs', async () => {
  await using audit = await testAudit();
  for (let day = 1; day <= 9; day += 1) {
    await storeDump(audit, day, { createdAt: daysAgo(10 - day), lineage: 'scheduled' });
    await storeDump(audit, 100 + day, { createdAt: daysAgo(10 - day), lineage: 'manual' });
  }
  const lineage = { type: 'SQL', source: 'default', lineage: 'manual' } as const;
  const result = await expire(expiryDeps(audit), { policy: DEFAULT_POLICY, dryRun: false, lineage, user: 'paul' });
  expect(result.actions).toEqual({ keep: 7, archive: 0, remove: 2, expire: 0 });
  const statuses = await statusesOf(audit);
  expect(Object.keys(statuses).filter((id) => statuses[id] === 'SUPPRIME')).toEqual(['101', '102']);
});

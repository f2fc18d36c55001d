import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { everythingStored } from '@datasens/testkit/everything-stored.ts';
import { daysAgo, runExpiry } from '@datasens/testkit/expiry-world.ts';
import { faultyStore, type Steps } from '@datasens/testkit/fault.ts';
import {
  commitBytes,
  expectReconcileInvariants,
  reconcileDeps,
  registerBytes,
  runReconcile,
  stageBytes,
} from '@datasens/testkit/reconcile-world.ts';
import { storeDump } from '@datasens/testkit/stored-dump.ts';
import { expect, test } from 'vitest';
import { tryLockSession } from '../audit/locks.ts';
import { mirrorJournal } from '../audit/mirror-journal.ts';
import { recordEvent } from '../audit/record-event.ts';
import { lastDumpId, reserveDumpId } from '../audit/reserve-dump-id.ts';
import { formatManifest, manifestKey } from '../catalog/manifest.ts';
import { tombstoneKey } from '../catalog/tombstone.ts';
import { AppError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { putPayload } from '../workflow/payload.ts';

const bytes = [Buffer.from('bytes')];
const keysOf = async (audit: TestAudit, prefix = 'dumps/') =>
  [...(await everythingStored(audit)).keys()].filter((key) => key.startsWith(prefix));
const rowIds = async ({ server }: TestAudit) =>
  (await server.sql<{ id: number }>('select dump_id as id from t38_dump_audit order by 1')).map(({ id }) => id);

test('bytes that never got a manifest go once they are old, and nothing else goes with them', async () => {
  await using audit = await testAudit();
  const { store } = audit;
  const dead = await stageBytes(audit);
  const whole = await registerBytes(audit);
  const others = [
    `${dead.prefix}notes.txt`,
    `${dead.prefix}sub/data.0f.dump`,
    'dumps/README',
    'dumps/SQL/default/scheduled/by-hand-1/data.0f.dump',
    `elsewhere/${dead.prefix}data.0f.dump`,
  ];
  for (const key of others) await store.put(key, bytes);
  const before = await everythingStored(audit);

  expect((await runReconcile(reconcileDeps(audit, 6))).findings).toEqual([]);
  const dry = await runReconcile(reconcileDeps(audit), { dryRun: true });
  const found = { kind: 'bytes', name: dead.prefix, dumpId: dead.dumpId, sizeBytes: 8, since: expect.any(Date) };
  expect(dry.findings).toEqual([{ ...found, outcome: 'planned' }]);
  expect(await everythingStored(audit)).toEqual(before);

  expect((await runReconcile(reconcileDeps(audit))).findings).toEqual([{ ...found, outcome: 'mended' }]);
  for (const name of ['data.0f.dump', 'proof.0f.json']) before.delete(`${dead.prefix}${name}`);
  expect(await everythingStored(audit)).toEqual(before);
  expect(await runReconcile(reconcileDeps(audit))).toMatchObject({ findings: [], warnings: [] });
  expect(await rowIds(audit)).toEqual([whole.dumpId]);
  await expectReconcileInvariants(audit);
});

test('what a dump stores is never taken for dead within a day, whatever age is asked for', async () => {
  await using audit = await testAudit();
  const dead = await stageBytes(audit);
  expect((await runReconcile(reconcileDeps(audit, 0.9), { olderThanMs: 0 })).findings).toEqual([]);
  expect((await runReconcile(reconcileDeps(audit, 1.1), { olderThanMs: 0 })).of(dead.dumpId)).toMatchObject({
    outcome: 'mended',
  });
});

test('what a state of a workflow has left goes when no workflow can read it any more, and only then', async () => {
  await using audit = await testAudit();
  const { key } = await putPayload(audit, { plan: 'of an execution' });
  expect((await runReconcile(reconcileDeps(audit, 6.9), { olderThanMs: 0 })).findings).toEqual([]);
  expect(await keysOf(audit, 'work/')).toEqual([key]);
  expect((await runReconcile(reconcileDeps(audit, 7.1), { olderThanMs: 0 })).findings).toMatchObject([
    { kind: 'payload', name: key, outcome: 'mended' },
  ]);
  expect(await keysOf(audit, 'work/')).toEqual([]);
});

test('bytes that may be somebody else’s, or a deletion’s, are told and stay', async () => {
  await using audit = await testAudit();
  const { db, store } = audit;
  const whole = await registerBytes(audit);
  const never = await stageBytes(audit, (await lastDumpId(db)) + 100);
  const deleted = await stageBytes(audit);
  await store.put(tombstoneKey(deleted.prefix), bytes);
  const imported = await stageBytes(audit);
  await recordEvent(audit, { event: 'REJETE', dumpId: imported.dumpId });
  // The id is that of a dump which stands elsewhere.
  const taken = whole.prefix.replace('/default/', '/other/');
  await store.put(`${taken}data.0f.dump`, bytes);
  const failed = await stageBytes(audit);
  await recordEvent(audit, { event: 'ECHEC', dumpId: failed.dumpId });
  const before = await everythingStored(audit);

  for (const dryRun of [true, false]) {
    const run = await runReconcile(reconcileDeps(audit), { dryRun });
    expect(run.of(never.dumpId)).toMatchObject({ outcome: 'look', because: expect.stringMatching(/never gave/) });
    expect(run.of(deleted.dumpId)).toMatchObject({ outcome: 'look', because: expect.stringMatching(/deleted here/) });
    for (const dumpId of [imported.dumpId, whole.dumpId]) {
      expect(run.of(dumpId)).toMatchObject({ outcome: 'look', because: expect.stringMatching(/another dump/) });
    }
    // A dump that failed, and could not clear away what it had stored.
    expect(run.of(failed.dumpId)).toMatchObject({ kind: 'bytes', outcome: dryRun ? 'planned' : 'mended' });
  }
  for (const key of before.keys()) if (key.startsWith(failed.prefix)) before.delete(key);
  expect(await keysOf(audit)).toEqual([...before.keys()].filter((key) => key.startsWith('dumps/')));
});

test('a manifest that comes after the listing keeps its bytes, and an attempt that comes keeps its own', async () => {
  await using audit = await testAudit();
  const { store } = audit;
  const late = await stageBytes(audit);
  const retried = await stageBytes(audit);
  let listed = false;
  const moving: BlobStore = {
    ...store,
    async versions(prefix, options) {
      const page = await store.versions(prefix, options);
      if (!listed) {
        listed = true;
        await store.put(manifestKey(late.prefix), [formatManifest(late.manifest)]);
        await store.put(`${retried.prefix}data.1f.dump`, bytes);
      }
      // Everything in a test is written now: what the retry writes is of that day.
      const versions = page.versions.map((version) =>
        version.key.includes('.1f.') ? { ...version, modifiedAt: new Date(Date.now() + 29 * 86_400_000) } : version,
      );
      return { ...page, versions };
    },
  };
  const run = await runReconcile({ ...reconcileDeps(audit), store: moving });
  expect(run.of(late.dumpId)).toBeUndefined();
  expect(run.of(retried.dumpId)).toMatchObject({ outcome: 'mended' });
  expect(await keysOf(audit, retried.prefix)).toEqual([`${retried.prefix}data.1f.dump`]);
  expect((await runReconcile(reconcileDeps(audit, 0))).of(late.dumpId)).toMatchObject({ kind: 'manifest' });
  expect(await rowIds(audit)).toEqual([late.dumpId]);
  await expectReconcileInvariants(audit);
});

test('a committed dump without a row is registered at once; a manifest that is not its own is told', async () => {
  await using audit = await testAudit();
  const { store } = audit;
  const killed = await commitBytes(audit);
  const cut = await stageBytes(audit);
  await store.put(manifestKey(cut.prefix), [formatManifest(cut.manifest).subarray(0, 100)]);
  const edited = await stageBytes(audit);
  const older = { ...edited.manifest, createdAt: '2020-01-01T00:00:00.000Z' };
  await store.put(manifestKey(edited.prefix), [formatManifest(older)]);
  const damaged = await commitBytes(audit);
  await store.put(`${damaged.prefix}data.0f.dump`, bytes);
  const before = await keysOf(audit);

  const dry = await runReconcile(reconcileDeps(audit, 0), { dryRun: true });
  expect(dry.of(killed.dumpId)).toMatchObject({ kind: 'manifest', outcome: 'planned' });
  expect(await rowIds(audit)).toEqual([]);
  for (const days of [0, 30]) {
    const run = await runReconcile(reconcileDeps(audit, days));
    for (const { dumpId } of [cut, edited, damaged]) {
      expect(run.of(dumpId)).toMatchObject({ kind: 'manifest', outcome: 'look' });
    }
    expect(run.of(killed.dumpId)?.outcome).toBe(days === 0 ? 'mended' : undefined);
    expect(await rowIds(audit)).toEqual([killed.dumpId]);
  }
  expect(await keysOf(audit)).toEqual(before);
});

test('what other attempts left beside a dump goes once it is old, by the manifest that was committed alone', async () => {
  await using audit = await testAudit();
  const { store } = audit;
  const whole = await registerBytes(audit);
  const edited = await registerBytes(audit);
  const { objects } = edited.manifest;
  const forged = { ...edited.manifest, objects: { ...objects, data: { ...objects.data, key: 'data.1f.dump' } } };
  for (const { prefix } of [whole, edited]) await store.put(`${prefix}data.1f.dump`, bytes);
  await store.put(manifestKey(edited.prefix), [formatManifest(forged)]);
  const before = await keysOf(audit);

  expect((await runReconcile(reconcileDeps(audit, 6))).of(whole.dumpId)).toBeUndefined();
  expect((await runReconcile(reconcileDeps(audit), { dryRun: true })).of(whole.dumpId)).toMatchObject({
    kind: 'attempt',
    outcome: 'planned',
    sizeBytes: 5,
  });
  expect(await keysOf(audit)).toEqual(before);
  const run = await runReconcile(reconcileDeps(audit));
  expect(run.of(whole.dumpId)).toMatchObject({ kind: 'attempt', outcome: 'mended' });
  expect(run.of(edited.dumpId)).toMatchObject({ kind: 'attempt', outcome: 'look' });
  expect(await keysOf(audit)).toEqual(before.filter((key) => key !== `${whole.prefix}data.1f.dump`));
});

test('a dump whose bytes are gone is told, with what is missing, and its row stays', async () => {
  await using audit = await testAudit();
  const { storage, server } = audit;
  // Dumps of an older time come first.
  const [older, whole, noData, noManifest, elsewhere] = [
    await registerBytes(audit),
    await registerBytes(audit),
    await registerBytes(audit),
    await registerBytes(audit),
    await registerBytes(audit),
  ];
  await storage.outside.remove(`${noData.prefix}data.0f.dump`);
  for (const { prefix } of [noManifest, elsewhere, older]) await storage.outside.remove(manifestKey(prefix));
  // Of another storage, and of the time before the journal.
  await server.sql(`update t38_dump_audit set minio_uri = 's3://other/x' where dump_id = ${elsewhere.dumpId}`);
  await server.sql(`delete from t39_dump_evenement where dump_id = ${older.dumpId}`);
  for (let times = 0; times < 2; times += 1) {
    const run = await runReconcile(reconcileDeps(audit));
    expect(run.findings.map(({ dumpId, because }) => [dumpId, because]).toSorted()).toEqual([
      [noData.dumpId, `${noData.prefix}data.0f.dump missing`],
      [noManifest.dumpId, `${manifestKey(noManifest.prefix)} missing`],
    ]);
    expect(run.outcomes).toMatchObject({ look: 2, mended: 0 });
  }
  expect(await rowIds(audit)).toContain(whole.dumpId);
  expect(await rowIds(audit)).toHaveLength(5);
});

test('a dump that an expiry deletes meanwhile is nobody’s loss, and its bytes are the expiry’s to delete', async () => {
  await using audit = await testAudit();
  await reserveDumpId(audit.db);
  await reserveDumpId(audit.db);
  for (const dumpId of [1, 2]) await storeDump(audit, dumpId, { createdAt: daysAgo(3 - dumpId) });
  const policy = { rules: [{ name: 'one', match: {}, keepLast: 1 }], archiveClass: 'x', rejectedMs: 1e12 };
  const { store } = audit;
  // The deletion stops after the manifest: what is left looks like bytes of nobody.
  const stuck: BlobStore = {
    ...store,
    deleteVersion: (key, ...rest) =>
      key.endsWith('manifest.json')
        ? store.deleteVersion(key, ...rest)
        : Promise.reject(new AppError('Transient', 'the server is busy')),
  };
  let expiry: Promise<unknown> | undefined;
  const racing: BlobStore = {
    ...store,
    async head(key, options) {
      expiry ??= runExpiry({ ...audit, store: stuck, now: () => daysAgo(0) }, policy);
      await expiry;
      return await store.head(key, options);
    },
  };
  for (const at of [racing, store]) {
    expect((await runReconcile({ ...reconcileDeps(audit), store: at })).findings).toEqual([]);
  }
  expect(await keysOf(audit)).toHaveLength(5);
  await runExpiry({ ...audit, now: () => daysAgo(0) }, policy);
  expect(await keysOf(audit)).toHaveLength(3);
});

test.for(['head', 'first event'])('in the storage of another audit it touches nothing: told by its %s', async (by) => {
  await using audit = await testAudit();
  await using other = await testAudit({ storage: audit.storage });
  await commitBytes(audit);
  await stageBytes(audit);
  await mirrorJournal(audit);
  if (by !== 'head') await audit.storage.outside.remove('journal/head.json');
  await reserveDumpId(other.db);
  await reserveDumpId(other.db);
  const before = await everythingStored(audit);
  for (const dryRun of [true, false]) {
    await expect(runReconcile(reconcileDeps(other), { dryRun })).rejects.toMatchObject({ name: 'Conflict' });
  }
  expect(await everythingStored(audit)).toEqual(before);
  expect(await rowIds(other)).toEqual([]);
});

test('of several at once one works, and the others say so', async () => {
  await using audit = await testAudit();
  const dead = await stageBytes(audit);
  const killed = await commitBytes(audit);
  const refused = { name: 'Transient', message: expect.stringMatching(/another reconcile is under way/) };
  await audit.db.session(async (session) => {
    await tryLockSession(session, 'reconcile');
    await expect(runReconcile(reconcileDeps(audit))).rejects.toMatchObject(refused);
    expect((await runReconcile(reconcileDeps(audit), { dryRun: true })).outcomes).toMatchObject({ planned: 2 });
  });
  const ends = await Promise.allSettled([1, 2, 3].map(() => runReconcile(reconcileDeps(audit))));
  for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject(refused);
  expect(await keysOf(audit, dead.prefix)).toEqual([]);
  expect(await rowIds(audit)).toEqual([killed.dumpId]);
  await expectReconcileInvariants(audit);
});

test('a store that fails every third call breaks no promise, and nothing stays undone once it works', async () => {
  await using audit = await testAudit();
  const dead = [await stageBytes(audit), await stageBytes(audit), await stageBytes(audit)];
  const killed = [await commitBytes(audit), await commitBytes(audit)];
  const whole = await registerBytes(audit);
  await audit.store.put(`${whole.prefix}data.1f.dump`, bytes);
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
  const deps = { ...reconcileDeps(audit), store: faultyStore(audit.store, everyThird) };
  for (let times = 0; times < 8; times += 1) {
    await runReconcile(deps).catch((error: unknown) => expect(error).toMatchObject({ name: 'Transient' }));
    await expectReconcileInvariants(audit);
  }
  expect(await runReconcile(reconcileDeps(audit))).toMatchObject({ outcomes: { look: 0, failed: 0 } });
  for (const { prefix } of dead) expect(await keysOf(audit, prefix)).toEqual([]);
  expect(await keysOf(audit, whole.prefix)).toHaveLength(3);
  expect(await rowIds(audit)).toEqual([...killed.map(({ dumpId }) => dumpId), whole.dumpId]);
  await expectReconcileInvariants(audit);
});

test('rejects of an import that nobody recorded are told, and stay until their term', async () => {
  await using audit = await testAudit();
  const known = await reserveDumpId(audit.db);
  await recordEvent(audit, { event: 'ECHEC', dumpId: known });
  for (const id of [known, 900]) await audit.store.put(`rejected/20261101T000000Z-${id}/rejects.ndjson`, bytes);
  await audit.store.put('rejected/20261101T000000Z-900/reading.json', bytes);
  await audit.store.put('rejected/20991101T000000Z-901/rejects.ndjson', bytes);
  await audit.store.put('rejected/20261101T000000Z-file-0123456789abcdef01234567/mine.csv', bytes);
  await audit.store.put('rejected/mine.csv', bytes);
  const before = await everythingStored(audit);
  const { findings, outcomes } = await runReconcile(reconcileDeps(audit));
  expect(findings).toMatchObject([{ kind: 'rejects', dumpId: 900, outcome: 'waits' }]);
  expect(outcomes).toMatchObject({ look: 0, waits: 1 });
  expect(await everythingStored(audit)).toEqual(before);
});

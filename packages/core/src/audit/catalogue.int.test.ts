import { newDump, type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { tellStory } from '@datasens/testkit/audit-story.ts';
import { crashAt, faultyStore } from '@datasens/testkit/fault.ts';
import { importWorld } from '@datasens/testkit/import-world.ts';
import { recordingStore } from '@datasens/testkit/recording-store.ts';
import { testStore } from '@datasens/testkit/stores.ts';
import { expect, test } from 'vitest';
import { listApprovals } from '../approval/list-approvals.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { HEAD_KEY, readHead } from './journal-store.ts';
import { listDumps } from './list-dumps.ts';
import { mirrorJournal, rewriteCatalogue } from './mirror-journal.ts';
import { recordDump } from './record-dump.ts';
import { recordEvent } from './record-event.ts';

const FIRST = 'catalog/dumps/000000000000.jsonl';

type Line = Record<string, unknown>;

async function linesOf(audit: Pick<TestAudit, 'storage'>, key = FIRST): Promise<Line[]> {
  const text = (await audit.storage.outside.read(key)).toString();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function catalogueOf(audit: TestAudit, kind: 'dumps' | 'imports' | 'approvals'): Promise<Line[]> {
  const { blobs } = await audit.store.list(`catalog/${kind}/`);
  return (await Promise.all(blobs.map(({ key }) => linesOf(audit, key)))).flat();
}

const down = (audit: TestAudit) => ({
  ...audit,
  store: { ...audit.store, put: () => Promise.reject(new Error('down')) },
});

test('the lines are what the audit lists, each with every property, in the order of their ids', async () => {
  await using world = await importWorld();
  await tellStory(world);
  const { audit } = world;
  const { dumps } = await listDumps(audit.db, {}, { limit: 1000 });
  const lines = await catalogueOf(audit, 'dumps');
  const listed = lines.map(({ registered: _, proven: _p, damaged: _d, held: _h, heldUntil: _u, ...dump }) => dump);
  expect(listed).toEqual(dumps.toSorted((a, b) => a.dumpId - b.dumpId));
  const of = (dumpId: number) => lines.find((line) => line.dumpId === dumpId);
  expect(of(995)).toMatchObject({ registered: true, held: true, heldUntil: null, proven: false, damaged: false });
  expect(of(996)).toMatchObject({ held: false, status: 'SUPPRIME' });
  expect(of(997)).toMatchObject({ proven: true });
  expect(of(1_004)).toMatchObject({ damaged: true });

  const imports = await catalogueOf(audit, 'imports');
  expect(imports).toMatchObject([
    { importId: 1, status: 'ACTIF', rowsInserted: 2 },
    { importId: 2, status: 'ANNULE', table: 'gone' },
    { importId: 3, status: 'ANNULE', rowsRejected: 1 },
    { importId: 4, status: 'ACTIF', table: 'gone' },
  ]);
  const approvals = await catalogueOf(audit, 'approvals');
  const { approvals: told } = await listApprovals(audit.db, { now: audit.now(), all: true });
  expect(approvals).toEqual(told.toReversed());
  expect(approvals.map(({ status }) => status)).toEqual(['UTILISE', 'ANNULE', 'APPROUVE', 'REFUSE', 'EN_ATTENTE']);
  for (const kind of [lines, imports, approvals])
    expect(new Set(kind.map((line) => Object.keys(line).join())).size).toBe(1);
  expect((await audit.store.list('catalog/dumps/')).blobs.map(({ key }) => key)).toEqual([
    FIRST,
    'catalog/dumps/000000001000.jsonl',
    'catalog/dumps/000000002000.jsonl',
  ]);
});

test('a crash before the head leaves no line behind: the next command writes it again', async () => {
  await using audit = await testAudit();
  await mirrorJournal(audit);
  // The head is read, the object written; then the lines, then the head.
  for (const n of [2, 3]) {
    const store = faultyStore(audit.store, crashAt(n, 'after'));
    expect(await recordDump({ ...audit, store }, newDump({ dumpId: n }), {})).toHaveProperty('mirrorError');
    await mirrorJournal(audit);
    expect((await linesOf(audit)).map(({ dumpId }) => dumpId)).toContain(n);
  }
});

test('many events that are mirrored together write an object once for each page', async () => {
  await using audit = await testAudit();
  await mirrorJournal(audit);
  for (let dumpId = 1; dumpId <= 25; dumpId += 1) await recordDump(down(audit), newDump({ dumpId }), {});
  const { store, stored } = recordingStore(audit.store);
  await mirrorJournal({ ...audit, store });
  expect(stored.filter((key) => key.startsWith('catalog/'))).toEqual([FIRST, FIRST]);
  expect(await linesOf(audit)).toHaveLength(25);
});

test('a dump costs one object more, and nothing when nothing has happened', async () => {
  await using audit = await testAudit();
  await mirrorJournal(audit);
  const { store, stored } = recordingStore(audit.store);
  await recordDump({ ...audit, store }, newDump({ dumpId: 1 }), {});
  expect(stored).toEqual(['journal/000000000002.json', FIRST, HEAD_KEY]);
  await mirrorJournal({ ...audit, store });
  expect(stored).toHaveLength(3);
});

test('a bucket whose head does not tell of a catalogue is given all of it', async () => {
  await using audit = await testAudit();
  for (const dumpId of [1, 1_500, 2_500]) await recordDump(audit, newDump({ dumpId }), {});
  const { seq, hash } = await readHead(audit.store, audit.signal);
  await audit.storage.outside.write(HEAD_KEY, JSON.stringify({ hash, seq }));
  for (const { key } of (await audit.store.list('catalog/')).blobs) await audit.storage.outside.remove(key);
  await mirrorJournal(audit);
  expect((await catalogueOf(audit, 'dumps')).map(({ dumpId }) => dumpId)).toEqual([1, 1_500, 2_500]);
  expect(await readHead(audit.store, audit.signal)).toEqual({ seq, hash, catalog: 1 });
});

test('another bucket under the same audit database is given all of it at once', async () => {
  await using audit = await testAudit();
  for (let dumpId = 1; dumpId <= 30; dumpId += 1) await recordDump(audit, newDump({ dumpId }), {});
  await using storage = await testStore();
  // Killed behind the first event.
  const store = faultyStore(storage.store, crashAt(8, 'after'));
  await expect(mirrorJournal({ ...audit, store })).rejects.toThrow('crash');
  expect((await readHead(storage.store, audit.signal)).seq).toBeLessThan(5);
  expect(await linesOf({ storage })).toHaveLength(30);
});

test('another audit database leaves the catalogue alone', async () => {
  await using audit = await testAudit();
  await using stranger = await testAudit();
  await recordDump(audit, newDump({ dumpId: 1 }), {});
  const lines = await linesOf(audit);
  await audit.storage.outside.remove(HEAD_KEY);
  const { mirrorError } = await recordDump(
    { ...stranger, store: audit.store },
    newDump({ dumpId: 1, user: 'paul' }),
    {},
  );
  expect(mirrorError).toMatchObject({ name: 'Conflict' });
  expect(await linesOf(audit)).toEqual(lines);
});

test('what somebody has edited, removed or added is written anew on demand', async () => {
  await using audit = await testAudit();
  for (const dumpId of [1, 1_500]) await recordDump(audit, newDump({ dumpId }), {});
  await audit.storage.outside.remove(FIRST);
  await audit.storage.outside.write('catalog/dumps/000000001000.jsonl', '{}\n');
  await audit.storage.outside.write('catalog/dumps/000000009000.jsonl', '{"dumpId":9000}\n');
  expect(await rewriteCatalogue(audit)).toBe(2);
  expect((await catalogueOf(audit, 'dumps')).map(({ dumpId }) => dumpId)).toEqual([1, 1_500]);
});

test('a line that arrives after its writer has lost the lock does not stay over a newer one', async () => {
  await using audit = await testAudit();
  await recordDump(audit, newDump({ dumpId: 1 }), {});
  let slow = true;
  const store: BlobStore = {
    ...audit.store,
    async put(key, ...rest) {
      if (slow && key === FIRST) {
        slow = false;
        // As a transaction that idles for too long is ended; another process goes on meanwhile.
        await audit.server.sql(
          `select pg_terminate_backend(l.pid) from pg_locks l where locktype = 'advisory' and granted and objid = 3
             and database = (select oid from pg_database where datname = current_database())`,
        );
        await recordEvent(audit, { event: 'RETENU', dumpId: 1, detail: { until: null } });
        expect(await linesOf(audit)).toMatchObject([{ held: true, proven: true }]);
      }
      return await audit.store.put(key, ...rest);
    },
  };
  const { mirrorError } = await recordEvent({ ...audit, store }, { event: 'PROUVE', dumpId: 1 });
  expect(mirrorError).toMatchObject({ name: 'Transient' });
  expect(await linesOf(audit)).toMatchObject([{ held: true, proven: true }]);
});

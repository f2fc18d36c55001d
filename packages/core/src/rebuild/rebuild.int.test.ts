import { approvalRequest, approved, tokenOf } from '@datasens/testkit/approval-world.ts';
import { newDump, type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { afterLoss, auditRows, mirroredEvents, tellStory } from '@datasens/testkit/audit-story.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { everyNth } from '@datasens/testkit/every-nth.ts';
import { daysAgo, expiryDeps, runExpiry, statusesOf, storeDaily } from '@datasens/testkit/expiry-world.ts';
import { crashAt, faultyStore } from '@datasens/testkit/fault.ts';
import { importWorld } from '@datasens/testkit/import-world.ts';
import { laggingStore } from '@datasens/testkit/lagging-store.ts';
import { storeDump } from '@datasens/testkit/stored-dump.ts';
import { describe, expect, test } from 'vitest';
import { decideApproval } from '../approval/decide-approval.ts';
import { findApproval } from '../approval/find-approval.ts';
import { requestApproval } from '../approval/request-approval.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import { findDump } from '../audit/find-dump.ts';
import { type JournalEvent, sealEvent } from '../audit/journal-event.ts';
import { eventKey, HEAD_KEY, readHead } from '../audit/journal-store.ts';
import { mirrorJournal } from '../audit/mirror-journal.ts';
import { recordDump } from '../audit/record-dump.ts';
import { recordEvent } from '../audit/record-event.ts';
import { reserveDumpId } from '../audit/reserve-dump-id.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import { runDump } from '../dump/run-dump.ts';
import { verifyDump } from '../dump/verify-dump.ts';
import { DEFAULT_POLICY } from '../expiry/retention-policy.ts';
import { openDatabase } from '../postgres/pool.ts';
import { parseDatabaseUrl } from '../postgres/target.ts';
import { type RebuildRequest, rebuild } from './rebuild.ts';

const run = (audit: TestAudit, request: Partial<RebuildRequest> = {}) =>
  rebuild(audit, { dryRun: false, despiteDamage: false, user: 'paul', ...request });

/** Seven events: INITIALISE, five of dumps 1 to 5, and a certified deletion of dump 1. */
async function lostAudit() {
  const lost = await testAudit();
  await storeDaily(lost, 5);
  await runExpiry(expiryDeps(lost), { ...DEFAULT_POLICY, rules: [{ name: 'four', match: {}, keepLast: 4 }] });
  return lost;
}

describe('a bucket alone is the whole audit', () => {
  test('what comes back equals what was lost, and goes on', async () => {
    await using world = await importWorld();
    await tellStory(world);
    const lost = await auditRows(world.audit);
    const names = new Set((lost.events as { evenement: string }[]).map(({ evenement }) => evenement));
    for (const name of [
      'CREE',
      'VERIFIE',
      'PROUVE',
      'RESTAURE',
      'ARCHIVE',
      'SUPPRIME',
      'RETENU',
      'LIBERE',
      'IMPORTE',
      'ANNULE',
      'DEMANDE',
      'APPROUVE',
      'REFUSE',
      'UTILISE',
      'ECHEC',
    ]) {
      expect(names, name).toContain(name);
    }
    await using audit = await afterLoss(world.audit);
    const empty = await auditRows(audit);
    const planned = await run(audit, { dryRun: true });
    expect(await auditRows(audit)).toEqual(empty);

    const result = await run(audit);
    expect(result).toMatchObject({ outcome: 'rebuilt', damage: { count: 0 }, adopted: 0, refused: [], legacyRows: 0 });
    expect({ ...planned, outcome: 'rebuilt' }).toEqual(result);
    expect(await auditRows(audit)).toEqual(lost);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: lost.events?.length });
    expect(await run(audit)).toMatchObject({ outcome: 'complete' });

    const { manifest } = await runDump({ ...world.deps, db: audit.db }, { user: 'claire' });
    expect(manifest.dumpId).toBeGreaterThan(2_100);
    await verifyDump({ ...world.deps, db: audit.db }, { dump: String(manifest.dumpId), user: 'claire' });
    const { outcomes } = await runExpiry(expiryDeps(audit, daysAgo(-200)));
    expect(outcomes).toMatchObject({ failed: 0, changed: 0 });
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });

  test('an approval that waits comes back without its token: it is decided, and nobody is told; numbers go on', async () => {
    await using lost = await testAudit();
    const token = 's3cret-token';
    for (const execution of ['import-1', 'import-2']) {
      await requestApproval(lost, approvalRequest({ execution, token }));
    }
    await using audit = await afterLoss(lost);
    expect(await run(audit)).toMatchObject({ outcome: 'rebuilt', approvals: 2 });
    expect(await findApproval(audit.db, 1)).toEqual(await findApproval(lost.db, 1));
    expect(await tokenOf(audit, 1)).toBeNull();
    const decision = { approvalId: 1, decision: 'approved', user: 'claire' } as const;
    expect(await decideApproval(audit, decision)).toMatchObject({ changed: true, waiting: 'nobody' });
    // A state that is retried asks again, and is found.
    expect(await requestApproval(audit, approvalRequest({ execution: 'import-2', token: 'next' }))).toMatchObject({
      created: false,
      approval: { approvalId: 2 },
    });
    expect((await requestApproval(audit, approvalRequest())).approval.approvalId).toBe(3);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });

  test('numbers of approvals whose request is lost are not given again', async () => {
    await using lost = await testAudit();
    for (const _ of [1, 2, 3]) await approved(lost);
    await lost.storage.outside.remove(eventKey(6));
    await using audit = await afterLoss(lost);
    expect(await run(audit, { despiteDamage: true })).toMatchObject({ approvals: 2, damage: { count: 1 } });
    expect((await requestApproval(audit, approvalRequest())).approval.approvalId).toBe(4);
  });

  test('thousands of events, some of one row, come back in their order', async () => {
    await using lost = await testAudit();
    const down = { ...lost, store: { ...lost.store, put: () => Promise.reject(new Error('down')) } };
    for (let dumpId = 1; dumpId <= 400; dumpId += 1) {
      await recordDump(down, newDump({ dumpId, sizeBytes: 1 + dumpId * 1_000_003 }), {});
      if (dumpId % 3 > 0) continue;
      for (const statut of ['ARCHIVE', 'ACTIF', 'SUPPRIME'].slice(dumpId % 4)) {
        const row = { dump_id: dumpId, statut };
        await recordEvent(down, {
          event: 'ARCHIVE',
          dumpId,
          changes: [{ table: 't38_dump_audit', op: 'update', row }],
        });
      }
    }
    await mirrorJournal(lost);
    await using audit = await afterLoss(lost);
    expect(await run(audit)).toMatchObject({ dumps: 400 });
    expect(await auditRows(audit)).toEqual(await auditRows(lost));
  });

  test('a dump that was killed between its manifest and its row is registered; a damaged one is told', async () => {
    await using world = await dumpWorld();
    const { deps } = world;
    await world.source.sql('create table t as select 1 as id');
    await runDump(deps, { user: 'claire' });
    const kept = await auditRows(world.audit);
    const store = faultyStore(deps.store, crashAt(10_000, 'after'));
    const unregistered = { ...deps, store, db: { ...deps.db, transaction: () => Promise.reject(new Error('killed')) } };
    for (const n of [2, 3])
      await expect(runDump(unregistered, { user: 'claire', comment: `${n}` })).rejects.toThrow('killed');
    // A dump that failed before its manifest has drawn an id, too, and left objects.
    await deps.store.put('dumps/SQL/default/manual/20261101T000000Z-40/data.0f.dump', [Buffer.from('x')]);
    const [key = ''] = (await world.dumpKeys()).filter((name) => name.includes('-3/data'));
    await world.audit.storage.outside.write(key, 'damaged');

    await using audit = await afterLoss(world.audit);
    expect(await run(audit, { dryRun: true })).toMatchObject({ adopted: 2 });
    expect(await run(audit)).toMatchObject({
      adopted: 1,
      refusedCount: 1,
      refused: [{ prefix: key.replace(/[^/]+$/, ''), because: expect.stringMatching(/data.*is cut short/) }],
    });
    const rows = await auditRows(audit);
    expect(rows.events?.slice(0, -1)).toEqual(kept.events);
    expect(rows.dumps?.slice(0, -1)).toEqual(kept.dumps);
    expect(await findDump(audit.db, '2')).toMatchObject({ status: 'ACTIF', comment: '2', user: 'claire' });
    expect(await verifyJournal(audit)).toMatchObject({ ok: true });
    expect(await reserveDumpId(audit.db)).toBeGreaterThan(40);
  });

  test('rows older than the journal are counted, and no new dump is taken for one', async () => {
    await using lost = await testAudit({
      before: `create table t38_dump_audit (dump_id int generated by default as identity primary key, type varchar(50), chemin text unique,
        taille_mb float, date_creation timestamp, utilisateur varchar(100), commentaire text, checksum_sha256 varchar(64),
        statut varchar(20), date_expiration timestamp, minio_uri text, table_cible varchar(100));
        insert into t38_dump_audit (dump_id, type, chemin) values (1, 'SQL', 'a'), (7, 'SQL', 'b')`,
    });
    await mirrorJournal(lost);
    await using audit = await afterLoss(lost);
    expect(await run(audit)).toMatchObject({ outcome: 'rebuilt', dumps: 0, legacyRows: 2 });
    expect(await reserveDumpId(audit.db)).toBe(8);
    const shown = (await audit.storage.outside.read('catalog/dumps/000000000000.jsonl')).toString();
    expect(shown.match(/"legacy":true/g)).toHaveLength(2);
  });

  test.for([1, Number.POSITIVE_INFINITY])('listings that lag (%s behind) hide nothing of the journal', async (lag) => {
    await using lost = await testAudit();
    const store = laggingStore(lost.store, lag);
    for (let dumpId = 1; dumpId <= 3; dumpId += 1) await recordDump({ ...lost, store }, newDump({ dumpId }), {});
    await using audit = await afterLoss(lost);
    await rebuild({ ...audit, store }, { dryRun: false, despiteDamage: false, user: 'paul' });
    expect(await auditRows(audit)).toEqual(await auditRows(lost));
  });

  test('events beyond a head that was left behind count, for they go on where it ends', async () => {
    await using lost = await lostAudit();
    const head = JSON.stringify({ seq: 3, hash: (await mirroredEvents(lost)).get(3)?.hash });
    await lost.storage.outside.write(HEAD_KEY, head);
    await using audit = await afterLoss(lost);
    expect(await run(audit)).toMatchObject({ outcome: 'rebuilt', damage: { count: 0 } });
    expect(await auditRows(audit)).toEqual(await auditRows(lost));
    expect(await verifyJournal(audit)).toMatchObject({ ok: true });
  });
});

describe('it is refused', () => {
  test('into a database that has an audit of its own, with the remedy', async () => {
    await using lost = await lostAudit();
    await using other = await testAudit();
    await recordDump(other, newDump({ dumpId: 1 }), {});
    const before = await auditRows(other);
    await expect(run({ ...other, store: lost.store })).rejects.toMatchObject({
      name: 'Conflict',
      message: expect.stringMatching(/not empty \(1 dumps, 0 imports, 0 approvals, 2 events\).*AUDIT_DATABASE_URL/),
    });
    expect(await auditRows(other)).toEqual(before);
    // The one that is not lost has it all.
    expect(await run(lost)).toMatchObject({ outcome: 'complete', events: 8 });
  });

  test('from a bucket without a journal', async () => {
    await using audit = await testAudit();
    await expect(run(audit)).rejects.toMatchObject({ name: 'NotFound', message: expect.stringMatching(/no journal/) });
  });

  test('to be done twice: of two at once both are told that it is there', async () => {
    await using lost = await lostAudit();
    await using audit = await afterLoss(lost);
    // Each with connections of its own, as processes have.
    const open = () => openDatabase(parseDatabaseUrl(audit.server.url, 'test'));
    await using first = open();
    await using second = open();
    const ends = await Promise.all([audit.db, first, second].map((db) => run({ ...audit, db })));
    expect(ends.map(({ outcome }) => outcome).toSorted()).toEqual(['complete', 'complete', 'rebuilt']);
    expect(await auditRows(audit)).toEqual(await auditRows(lost));
  });
});

test('with a store that fails every third call nothing is half restored, and one that recovers is enough', async () => {
  await using lost = await lostAudit();
  await using audit = await afterLoss(lost);
  const empty = await auditRows(audit);
  for (let times = 0; times < 3; times += 1) {
    const store = faultyStore(audit.store, everyNth(3));
    await expect(run({ ...audit, store })).rejects.toMatchObject({ name: 'Transient' });
    expect(await auditRows(audit)).toEqual(empty);
  }
  await run(audit);
  expect(await auditRows(audit)).toEqual(await auditRows(lost));
});

/** What somebody does to one event's object. */
const DAMAGES = {
  missing: (audit: TestAudit, key: string) => audit.storage.outside.remove(key),
  cut: async ({ storage: { outside } }: TestAudit, key: string) =>
    outside.write(key, (await outside.read(key)).subarray(0, 40)),
  edited: async ({ storage: { outside } }: TestAudit, key: string) =>
    outside.write(key, (await outside.read(key)).toString().replace('"format":1', '"format":1 ')),
  'written anew': async ({ storage: { outside } }: TestAudit, key: string) => {
    const { hash: _, ...event }: JournalEvent = JSON.parse((await outside.read(key)).toString());
    await outside.write(key, canonicalJson(sealEvent({ ...event, user: 'mallory' })));
  },
} as const;

describe('an event that is', () => {
  // The first, one between, and the last, which the head names.
  const cases = Object.keys(DAMAGES).flatMap((how) =>
    [1, 3, 8].map((seq) => [how as keyof typeof DAMAGES, seq] as const),
  );

  test.for(cases)(
    '%s (%i) is named, and nothing restored; despite it, the rest is, and the journal goes on',
    async ([how, seq]) => {
      await using lost = await lostAudit();
      const before = await auditRows(lost);
      await DAMAGES[how](lost, eventKey(seq));
      await using audit = await afterLoss(lost);
      const empty = await auditRows(audit);
      await expect(run(audit)).rejects.toMatchObject({
        name: 'Conflict',
        message: expect.stringContaining(eventKey(seq)),
        details: { count: 1, places: [{ seq, key: eventKey(seq) }] },
      });
      expect(await auditRows(audit)).toEqual(empty);
      expect(await run(audit, { dryRun: true })).toMatchObject({ outcome: 'planned', damage: { count: 1 } });

      expect(await run(audit, { despiteDamage: true })).toMatchObject({ outcome: 'rebuilt', damage: { count: 1 } });
      const after = await auditRows(audit);
      const sound = before.events?.filter((event) => (event as { seq: number }).seq !== seq);
      expect(after.events?.filter((event) => ![seq, 9].includes((event as { seq: number }).seq))).toEqual(sound);
      const last = after.events?.at(-1) as { evenement: string; seq: number; detail: string };
      expect(last).toMatchObject({ evenement: 'REBATI', seq: 9 });
      expect(JSON.parse(last.detail)).toMatchObject({ lost: [[seq, seq]], lostCount: 1, head: { seq: 8 } });

      // The next command works, and another rebuilding has nothing left to do.
      await recordDump(audit, newDump({ dumpId: 50 }), {});
      expect(await readHead(audit.store, audit.signal)).toMatchObject({ seq: 10 });
      expect(await run(audit)).toMatchObject({ outcome: 'complete' });
      const { problems } = await verifyJournal(audit);
      expect(problems.map((problem) => problem.seq)).toContain(seq);
      expect(
        problems.every((problem) => problem.seq === null || [seq, 9, 1].includes(problem.seq)),
        JSON.stringify(problems),
      ).toBe(true);
    },
  );
});

test('a mark that is lost is taken from its tombstone, byte for byte, and put back', async () => {
  await using lost = await lostAudit();
  await lost.storage.outside.remove(eventKey(7));
  await using audit = await afterLoss(lost);
  expect(await run(audit)).toMatchObject({ outcome: 'rebuilt', damage: { count: 0 }, fromTombstones: 1 });
  expect(await auditRows(audit)).toEqual(await auditRows(lost));
  expect(await verifyJournal(audit)).toMatchObject({ ok: true });
});

test('a tombstone that was edited is no event', async () => {
  await using lost = await lostAudit();
  await lost.storage.outside.remove(eventKey(7));
  const { blobs } = await lost.store.list('tombstones/');
  const key = blobs[0]?.key ?? '';
  await lost.storage.outside.write(key, (await lost.storage.outside.read(key)).toString().replace('paul', 'maud'));
  await using audit = await afterLoss(lost);
  await expect(run(audit)).rejects.toMatchObject({ details: { places: [{ seq: null, key }, { seq: 7 }] } });
  await run(audit, { despiteDamage: true });
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 2: 'ACTIF' });
});

test('a dump under a tombstone never comes back, though creation, mark and certificate are lost', async () => {
  await using lost = await lostAudit();
  for (const seq of [2, 7, 8]) await lost.storage.outside.remove(eventKey(seq));
  // The tail was cut and the head set to match: the journal is sound in itself.
  await lost.storage.outside.write(
    HEAD_KEY,
    JSON.stringify({ seq: 6, hash: (await mirroredEvents(lost)).get(6)?.hash ?? '0'.repeat(64) }),
  );
  await using audit = await afterLoss(lost);
  await run(audit, { despiteDamage: true });
  const { status, sha256, createdAt } = await findDump(audit.db, '1');
  expect({ status, sha256, createdAt }).toEqual({
    status: 'SUPPRIME',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    createdAt: '2026-11-23T00:30:00Z',
  });
  await recordDump(audit, newDump({ dumpId: 50 }), {});
  expect((await verifyJournal(audit)).problems.filter(({ message }) => message.includes('t38_dump_audit'))).toEqual([]);
});

test('a dump whose creation is lost comes back from its manifest, as what later events say', async () => {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select 1 as id');
  await runDump(world.deps, { user: 'claire' });
  const change = { table: 't38_dump_audit', op: 'update', row: { dump_id: 1, statut: 'ARCHIVE' } } as const;
  await recordEvent(world.audit, { event: 'ARCHIVE', dumpId: 1, changes: [change] });
  const { dumps } = await auditRows(world.audit);
  await world.audit.storage.outside.remove(eventKey(2));
  await using audit = await afterLoss(world.audit);
  expect(await run(audit, { despiteDamage: true })).toMatchObject({ adopted: 1, dumps: 1 });
  expect((await auditRows(audit)).dumps).toEqual(dumps);
  await verifyDump({ ...world.deps, db: audit.db }, { dump: '1', user: 'claire' });
});

test.for([
  ['missing', undefined, []],
  ['missing, with an event', undefined, [3]],
  ['not a head', 'x', []],
] as const)('a head that is %s is damage; despite it the journal goes on', async ([, text, events]) => {
  await using lost = await lostAudit();
  if (text === undefined) await lost.storage.outside.remove(HEAD_KEY);
  else await lost.storage.outside.write(HEAD_KEY, text);
  for (const seq of events) await lost.storage.outside.remove(eventKey(seq));
  await using audit = await afterLoss(lost);
  const places = [{ seq: null, key: HEAD_KEY }, ...events.map((seq) => ({ seq }))];
  await expect(run(audit)).rejects.toMatchObject({ details: { places } });
  // Killed between the commit and the head.
  const store = { ...audit.store, put: () => Promise.reject(new Error('killed')) };
  await expect(run({ ...audit, store }, { despiteDamage: true })).rejects.toThrow('killed');
  await recordDump(audit, newDump({ dumpId: 50 }), {});
  expect(await readHead(audit.store, audit.signal)).toMatchObject({ seq: 10 });
  expect(await run(audit)).toMatchObject({ outcome: 'complete', dumps: 6 - events.length });
  expect((await verifyJournal(audit)).ok).toBe(events.length === 0);
});

test('killed between the commit and the head of a journal that lost its tail, it goes on with the next command', async () => {
  await using lost = await lostAudit();
  await storeDump(lost, 9, { createdAt: daysAgo(0), lineage: 'manual' });
  await lost.storage.outside.remove(eventKey(9));
  await using audit = await afterLoss(lost);
  const store = { ...audit.store, put: () => Promise.reject(new Error('killed')) };
  await expect(run({ ...audit, store }, { despiteDamage: true })).rejects.toThrow('killed');
  await recordDump(audit, newDump({ dumpId: 50 }), {});
  expect(await readHead(audit.store, audit.signal)).toMatchObject({ seq: 11 });
  expect(await run(audit)).toMatchObject({ outcome: 'complete' });
});

test('objects behind the head that do not go on where it ends are damage, and stay out', async () => {
  await using lost = await lostAudit();
  const event = (await mirroredEvents(lost)).get(8);
  const { hash: _, ...content } = event as unknown as JournalEvent;
  await lost.storage.outside.write(eventKey(9), canonicalJson(sealEvent({ ...content, seq: 9 })));
  await using audit = await afterLoss(lost);
  await expect(run(audit)).rejects.toMatchObject({ details: { places: [{ seq: 9 }] } });
  await run(audit, { despiteDamage: true });
  await recordDump(audit, newDump({ dumpId: 50 }), {});
  expect(await readHead(audit.store, audit.signal)).toMatchObject({ seq: 11 });
});

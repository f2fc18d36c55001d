import { newDump, type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { countSteps, crashAt, faultyDatabase, faultyStore, type Steps } from '@datasens/testkit/fault.ts';
import { expect, test } from 'vitest';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { findDump } from './find-dump.ts';
import type { JsonObject } from './journal-event.ts';
import { mirrorJournal } from './mirror-journal.ts';
import type { NewDump } from './new-dump.ts';
import { recordDump } from './record-dump.ts';
import { reserveDumpId } from './reserve-dump-id.ts';
import { verifyJournal } from './verify-journal.ts';

const detail = { manifest: { key: 'dumps/m.json', sha256: 'cd'.repeat(32) } };
const withFaults = (audit: TestAudit, steps: Steps): Deps => ({
  ...audit,
  db: faultyDatabase(audit.db, steps),
  store: faultyStore(audit.store, steps),
});
const eventsOf = (audit: TestAudit) =>
  audit.server.sql('select evenement, dump_id from t39_dump_evenement where seq > 1 order by seq');

test('a recorded dump is a row, an event and its mirrored object', async () => {
  await using audit = await testAudit();
  const dump = newDump({
    dumpId: await reserveDumpId(audit.db),
    comment: 'à côté',
    table: 'public.mesure',
    expiresAt: new Date('2027-02-01T00:00:00Z'),
  });

  expect(await recordDump(audit, dump, detail)).toEqual({ created: true });

  expect(await findDump(audit.db, String(dump.dumpId))).toEqual({
    dumpId: dump.dumpId,
    type: 'SQL',
    key: dump.key,
    uri: dump.uri,
    sizeBytes: 5_242_881,
    createdAt: '2026-11-01T10:00:00.12Z',
    user: 'claire',
    comment: 'à côté',
    sha256: dump.sha256,
    status: 'ACTIF',
    expiresAt: '2027-02-01T00:00:00Z',
    table: 'public.mesure',
    legacy: false,
  });
  expect(await verifyJournal(audit)).toEqual({ events: 2, ok: true, problems: [], problemCount: 0 });
});

test('the same input again, in turn and at once, is one row and one event', async () => {
  await using audit = await testAudit();
  const dump = newDump({ dumpId: await reserveDumpId(audit.db) });
  const results = await Promise.all(Array.from({ length: 4 }, () => recordDump(audit, dump, detail)));
  expect(results.map(({ created }) => created).sort()).toEqual([false, false, false, true]);
  // What happens to the row later does not make the retry another dump.
  await audit.server.sql(`update t38_dump_audit set statut = 'ARCHIVE'`);
  expect(await recordDump(audit, dump, detail)).toEqual({ created: false });
  expect(await eventsOf(audit)).toEqual([{ evenement: 'CREE', dump_id: String(dump.dumpId) }]);
});

test('the same dump_id or key with other content is a conflict', async () => {
  await using audit = await testAudit();
  const recorded = newDump({ dumpId: 1 });
  await recordDump(audit, recorded, detail);
  const others: [string, NewDump, JsonObject][] = [
    ['another hash', { ...recorded, sha256: 'ef'.repeat(32) }, detail],
    ['another time', { ...recorded, createdAt: new Date('2026-11-01T10:00:00.121Z') }, detail],
    ['another manifest', recorded, { manifest: { key: 'dumps/other.json' } }],
    ['another dump_id', { ...recorded, dumpId: 2 }, detail],
    ['another key', { ...recorded, key: 'dumps/other' }, detail],
  ];
  for (const [what, other, otherDetail] of others) {
    await expect(recordDump(audit, other, otherDetail), what).rejects.toMatchObject({ name: 'Conflict' });
  }
  expect(await eventsOf(audit)).toHaveLength(1);
});

test('values that their column does not hold as they are, are refused', async () => {
  await using audit = await testAudit();
  const unfit: [string, Partial<NewDump>, unknown?][] = [
    ['utilisateur', { user: 'é'.repeat(101) }],
    ['table_cible', { table: 't'.repeat(101) }],
    ['NUL', { comment: 'a\0b' }],
    ['half a surrogate pair', { comment: '\ud83d' }],
    ['a key that the unique index does not take', { key: 'k'.repeat(2_601) }],
    ['a hash in capitals', { sha256: 'AB'.repeat(32) }],
    ['a size that is not whole', { sizeBytes: 0.5 }],
    ['no date', { createdAt: new Date(Number.NaN) }],
    ['a detail that is not JSON', {}, { at: new Date() }],
    ['a number that JSON does not have', {}, { ratio: Number.NaN }],
    ['an event that is too large', {}, { long: 'x'.repeat(65_536) }],
  ];
  for (const [what, value, bad = detail] of unfit) {
    const refused = recordDump(audit, newDump({ dumpId: 1, ...value }), bad as JsonObject);
    await expect(refused, what).rejects.toMatchObject({ name: 'InvalidInput' });
  }
  expect(await audit.server.sql('select 1 from t38_dump_audit')).toEqual([]);

  await recordDump(audit, newDump({ dumpId: 1, user: '🦊'.repeat(100), table: 'é'.repeat(100) }), detail);
  expect((await findDump(audit.db, '1')).user, 'a column counts characters').toBe('🦊'.repeat(100));
});

test('a LATIN1 audit database records what it can spell, and refuses the rest whole', async () => {
  await using audit = await testAudit({ encoding: 'LATIN1' });
  await recordDump(audit, newDump({ dumpId: 1, comment: 'déjà' }), { note: 'à côté' });
  for (const [dump, more] of [
    [newDump({ dumpId: 2, comment: 'мир' }), {}],
    [newDump({ dumpId: 2 }), { note: 'мир' }],
  ] as const) {
    await expect(recordDump(audit, dump, more)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('AUDIT_DATABASE_URL'),
    });
  }
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: 2 });
});

test('a store that is down leaves the dump recorded, and the next command mirrors it', async () => {
  await using audit = await testAudit();
  const down = new AppError('Transient', 'the store is down');
  const store = { ...audit.store, put: () => Promise.reject(down) };
  const recorded = await recordDump({ ...audit, store }, newDump({ dumpId: 1 }), detail);
  expect(recorded).toEqual({ created: true, mirrorError: down });
  expect((await mirrorJournal(audit)).mirrored).toBe(2);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: 2 });
});

test('crashed before and after each step, then run again: one row, one event, one mirror', async () => {
  await using audit = await testAudit();
  await mirrorJournal(audit);
  const counted = countSteps();
  await recordDump(withFaults(audit, counted), newDump({ dumpId: await reserveDumpId(audit.db) }), detail);
  expect(counted.taken.join(', ')).toMatch(
    /^query, query.*commit, query.*store put, query.*store put, query, store put, commit$/,
  );

  for (let n = 1; n <= counted.taken.length; n += 1) {
    for (const when of ['before', 'after'] as const) {
      const dump = newDump({ dumpId: await reserveDumpId(audit.db) });
      const crashed = recordDump(withFaults(audit, crashAt(n, when)), dump, detail);
      const [outcome] = await Promise.allSettled([crashed]);
      if (outcome.status === 'fulfilled') expect(outcome.value.mirrorError).toBeDefined();

      await recordDump(audit, dump, detail);
      expect(await audit.server.sql(`select 1 from t38_dump_audit where dump_id = ${dump.dumpId}`)).toHaveLength(1);
      const events = await audit.server.sql(`select 1 from t39_dump_evenement where dump_id = ${dump.dumpId}`);
      expect(events, `crash ${when} step ${n}`).toHaveLength(1);
    }
  }
  expect(await verifyJournal(audit)).toEqual({
    events: 2 + 2 * counted.taken.length,
    ok: true,
    problems: [],
    problemCount: 0,
  });
});

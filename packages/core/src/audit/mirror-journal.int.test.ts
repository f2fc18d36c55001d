import { newDump, type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { crashAt, faultyStore } from '@datasens/testkit/fault.ts';
import { testStore } from '@datasens/testkit/stores.ts';
import { expect, test } from 'vitest';
import { eventKey, readHead } from './journal-store.ts';
import { mirrorJournal } from './mirror-journal.ts';
import { recordDump } from './record-dump.ts';
import { recordEvent } from './record-event.ts';
import { verifyJournal } from './verify-journal.ts';

const conflict = (message: RegExp) => ({ name: 'Conflict', message: expect.stringMatching(message) });

async function keysIn({ store }: Pick<TestAudit, 'store'>): Promise<string[]> {
  return (await store.list('journal/')).blobs.map(({ key }) => key);
}

test('an object is written before the head that names it, and a crash between them converges', async () => {
  await using audit = await testAudit();
  // Step 1 reads the head, 2 writes the object, 3 would write the head.
  const store = faultyStore(audit.store, crashAt(2, 'after'));
  await expect(mirrorJournal({ ...audit, store })).rejects.toThrow('crash');
  expect(await keysIn(audit)).toEqual(['journal/000000000001.json']);
  expect(await mirrorJournal(audit)).toMatchObject({ mirrored: 1, head: { seq: 1 } });
  expect(await keysIn(audit)).toEqual(['journal/000000000001.json', 'journal/head.json']);
});

test('of several processes each event is mirrored by one', async () => {
  await using audit = await testAudit();
  const down = { ...audit.store, put: () => Promise.reject(new Error('down')) };
  for (let n = 0; n < 25; n += 1) await recordEvent({ ...audit, store: down }, { event: 'ECHEC' });
  const results = await Promise.all([mirrorJournal(audit), mirrorJournal(audit), mirrorJournal(audit)]);
  expect(results.reduce((sum, { mirrored }) => sum + mirrored, 0)).toBe(26);
  expect(await readHead(audit.store, audit.signal)).toEqual(results[0]?.head);
});

test('another bucket under the same audit database is given the entire journal', async () => {
  await using audit = await testAudit();
  await recordDump(audit, newDump({ dumpId: 1 }), {});
  await using other = await testStore();
  expect(await mirrorJournal({ ...audit, store: other.store })).toMatchObject({ mirrored: 2, head: { seq: 2 } });
  await recordDump({ ...audit, store: other.store }, newDump({ dumpId: 2 }), {});
  // And back: what happened meanwhile follows.
  expect(await mirrorJournal(audit)).toMatchObject({ mirrored: 1, head: { seq: 3 } });
  expect(await verifyJournal({ ...audit, store: other.store })).toMatchObject({ ok: true, events: 3 });
});

test('a bucket that holds the journal of another audit database is refused, and left alone', async () => {
  await using audit = await testAudit();
  await using stranger = await testAudit();
  await mirrorJournal(audit);
  await expect(mirrorJournal({ ...stranger, store: audit.store })).rejects.toMatchObject(
    conflict(/fork.*another audit/),
  );
  await audit.store.delete('journal/head.json');
  await expect(mirrorJournal({ ...stranger, store: audit.store })).rejects.toMatchObject(conflict(/journal fork/));
  expect(await verifyJournal(audit)).toMatchObject({ ok: true });
});

test('an audit database that was rewound is told so', async () => {
  await using audit = await testAudit();
  await recordDump(audit, newDump({ dumpId: 1 }), {});
  await audit.server.sql('delete from t39_dump_evenement where seq = 2');
  await expect(mirrorJournal(audit)).rejects.toMatchObject(conflict(/rewound or cut.*journal verify/));
});

test('an event that is not what was sealed is not mirrored', async () => {
  await using audit = await testAudit();
  const down = { ...audit.store, put: () => Promise.reject(new Error('down')) };
  await recordDump({ ...audit, store: down }, newDump({ dumpId: 1 }), {});
  await audit.server.sql(`update t39_dump_evenement set utilisateur = 'mallory' where seq = 2`);
  await expect(mirrorJournal(audit)).rejects.toMatchObject(conflict(/event 2 .*journal verify/));
  expect(await keysIn(audit)).not.toContain(eventKey(2));
  // Nor one that is no JSON any more, and those before it are.
  await recordDump({ ...audit, store: down }, newDump({ dumpId: 2 }), {});
  await audit.server.sql(`update t39_dump_evenement set utilisateur = 'claire' where seq = 2`);
  await audit.server.sql(`update t39_dump_evenement set changements = 'x' where seq = 3`);
  await expect(mirrorJournal(audit)).rejects.toMatchObject(conflict(/event 3 .*journal verify/));
  expect(await keysIn(audit)).toContain(eventKey(2));
});

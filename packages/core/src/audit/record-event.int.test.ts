import { newDump, testAudit } from '@datasens/testkit/audit.ts';
import { expect, test } from 'vitest';
import type { NewEvent } from './journal-event.ts';
import { recordDump } from './record-dump.ts';
import { recordEvent } from './record-event.ts';
import { verifyJournal } from './verify-journal.ts';

test('events of many writers at once stand in one chain without a gap', async () => {
  await using audit = await testAudit();
  const recorded = await Promise.all(
    Array.from({ length: 40 }, (_, n) => recordEvent(audit, { event: 'VERIFIE', user: 'claire', detail: { n } })),
  );
  const seqs = recorded.map(({ event }) => event.seq).sort((a, b) => a - b);
  expect(seqs).toEqual(Array.from({ length: 40 }, (_, n) => n + 2));
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: 41 });
});

test('an event whose change cannot be made is not recorded', async () => {
  await using audit = await testAudit();
  const dump = newDump({ dumpId: 1 });
  await recordDump(audit, dump, {});
  const change = (op: 'insert' | 'update', row: Record<string, string | number>) =>
    ({ changes: [{ table: 't38_dump_audit', op, row }] }) as const;
  const refused: [string, NewEvent][] = [
    ['NotFound', { event: 'SUPPRIME', dumpId: 2, ...change('update', { dump_id: 2, statut: 'SUPPRIME' }) }],
    ['Conflict', { event: 'CREE', dumpId: 1, ...change('insert', { dump_id: 1, type: 'SQL', chemin: dump.key }) }],
    // Its history would be looked for under another dump.
    ['InvalidInput', { event: 'SUPPRIME', dumpId: 2, ...change('update', { dump_id: 1, statut: 'SUPPRIME' }) }],
    ['InvalidInput', { event: 'SUPPRIME', ...change('update', { statut: 'SUPPRIME' }) }],
    ['InvalidInput', { event: 'ECHEC', user: 'é'.repeat(101) }],
  ];
  for (const [name, event] of refused) {
    await expect(recordEvent(audit, event), JSON.stringify(event)).rejects.toMatchObject({ name });
  }
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: 2 });
});

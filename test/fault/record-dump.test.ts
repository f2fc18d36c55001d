import { mirrorJournal } from '@datasens/core/audit/mirror-journal.ts';
import { recordDump } from '@datasens/core/audit/record-dump.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { newDump, testAudit } from '@datasens/testkit/audit.ts';
import { countSteps, faultyDatabase, faultyStore } from '@datasens/testkit/fault.ts';
import { expect, inject, test } from 'vitest';
import type { RecordDumpInput } from './record-dump.child.ts';
import { runChild } from './run-child.ts';

/** The moment before a step is the one after the step before it: one store is enough to try both. */
const MOMENTS = inject('storeKind') === 'file' ? (['before', 'after'] as const) : (['after'] as const);

test('killed before and after each step of recording, the next process finds one row, one event, one mirror', async () => {
  await using audit = await testAudit();
  await mirrorJournal(audit);
  const counted = countSteps();
  const deps = { ...audit, db: faultyDatabase(audit.db, counted), store: faultyStore(audit.store, counted) };
  await recordDump(deps, newDump({ dumpId: 1 }), {});

  let dumpId = 1;
  for (let n = 1; n <= counted.taken.length; n += 1) {
    for (const when of MOMENTS) {
      dumpId += 1;
      const dump = { dumpId, key: `dumps/killed/${dumpId}` };
      const input: RecordDumpInput = { url: audit.server.url, dump, n, when };
      const end = await runChild('record-dump.child.ts', JSON.stringify(input), audit.storage.env);
      expect(end, `${when} step ${n}`).toBe('SIGKILL');
      expect(await verifyJournal(audit), `killed ${when} step ${n}`).toMatchObject({ ok: true });
      await recordDump(audit, newDump(dump), {});
    }
  }
  expect(await audit.server.sql('select dump_id from t38_dump_audit')).toHaveLength(dumpId);
  expect(await verifyJournal(audit)).toEqual({ events: 1 + dumpId, ok: true, problems: [], problemCount: 0 });
});

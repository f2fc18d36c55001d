import { newDump, testAudit } from '@datasens/testkit/audit.ts';
import { expect, test } from 'vitest';
import { findDump } from './find-dump.ts';
import { recordDump } from './record-dump.ts';
import { reserveDumpId } from './reserve-dump-id.ts';
import { verifyJournal } from './verify-journal.ts';

test('a recorded dump is a row, an event and its mirrored object', async () => {
  await using audit = await testAudit();
  const dump = newDump({ dumpId: await reserveDumpId(audit.db), comment: 'à côté', table: 'public.mesure' });

  expect(await recordDump(audit, dump, { manifest: { key: 'm', sha256: 's' } })).toEqual({ created: true });

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
    expiresAt: null,
    table: 'public.mesure',
    legacy: false,
  });
  expect(await verifyJournal(audit)).toEqual({ events: 2, ok: true, problems: [], problemCount: 0 });
});

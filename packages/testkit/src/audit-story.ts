import { recordDecision } from '@datasens/core/approval/record-decision.ts';
import { requestApproval } from '@datasens/core/approval/request-approval.ts';
import { useApproval } from '@datasens/core/approval/use-approval.ts';
import { eventKey, readSmall } from '@datasens/core/audit/journal-store.ts';
import { recordEvent } from '@datasens/core/audit/record-event.ts';
import { recordFailure } from '@datasens/core/audit/record-failure.ts';
import { reserveDumpId } from '@datasens/core/audit/reserve-dump-id.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import { holdDump } from '@datasens/core/expiry/hold-dump.ts';
import { DEFAULT_POLICY } from '@datasens/core/expiry/retention-policy.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { approvalRequest, approved, intentOf } from './approval-world.ts';
import { auditOn, type TestAudit } from './audit.ts';
import { testDatabase } from './database.ts';
import { daysAgo, expiryDeps, runExpiry } from './expiry-world.ts';
import type { ImportWorld } from './import-world.ts';
import { storeDump } from './stored-dump.ts';

const user = 'claire';

/**
 * An audit to which everything has happened: dumps of several lineages, verified, restored, proven, held, released,
 * archived, failed, rotated and expired, and imports with rejects, one that a restore undid, one whose table was dropped;
 * and approvals that wait, were given, rejected, used, or are void.
 */
export async function tellStory(world: ImportWorld): Promise<void> {
  const { deps, audit, target } = world;
  await world.load('id,name\n1,Zoë\n2,"a, b"\n');
  await world.load('id\n1\n', { table: 'gone' });
  const { manifest } = await runDump(deps, { user, comment: 'before\n"the" migration', purpose: 'safety' });
  const dump = String(manifest.dumpId);
  await verifyDump(deps, { dump, user });
  await world.load('id,name\n3,later\nx,rejected\n', { maxRejects: 5, told: { headerRows: 1 } });
  await runRestore(deps, { dump, into: 'default', inPlace: true, clean: true, prove: true, user });
  await target.sql('drop table gone');
  await world.load('id\n1\n', { table: 'gone' });

  await runDump(deps, { user, personal: true, tables: ['t'] });
  const failed = await reserveDumpId(deps.db);
  await recordFailure(deps, { dumpId: failed, user, error: new Error('pg_dump: no room'), detail: { doing: 'dump' } });
  // Over two objects of the catalogue.
  for (let day = 10; day >= 0; day -= 1) await storeDump(audit, 1_005 - day, { createdAt: daysAgo(day) });
  await storeDump(audit, 2_100, { createdAt: daysAgo(90), expiresAt: daysAgo(0), lineage: 'manual' });
  const hold = { policy: DEFAULT_POLICY, user };
  await holdDump(expiryDeps(audit), { ...hold, dump: '995', release: false });
  await holdDump(expiryDeps(audit), { ...hold, dump: '996', release: false });
  await holdDump(expiryDeps(audit), { ...hold, dump: '996', release: true });
  await recordEvent(audit, { event: 'PROUVE', dumpId: 997, user });
  await recordEvent(audit, {
    event: 'ECHEC',
    dumpId: 1_004,
    user,
    detail: { error: { name: 'CorruptDump', message: 'cut' } },
  });
  await audit.store.put('rejected/20260101T000000Z-7/rejects.ndjson', [Buffer.from('{}')]);
  const nightly = {
    name: 'nightly',
    match: { purpose: 'scheduled' },
    keepLast: 3,
    archiveAfterMs: 86_400_000,
  } as const;
  const rules = [nightly, ...DEFAULT_POLICY.rules];
  await runExpiry(expiryDeps(audit), { ...DEFAULT_POLICY, rules, archiveClass: 'REDUCED_REDUNDANCY' });
  await tellApprovals(audit);
}

async function tellApprovals(audit: TestAudit): Promise<void> {
  const request = approvalRequest({ execution: 'import-1' });
  const used = await approved(audit, request);
  await useApproval(audit, used.approvalId, intentOf(request));
  const { approvalId } = await approved(audit);
  await useApproval(audit, approvalId, intentOf(approvalRequest({ fingerprint: '' }))).catch(() => undefined);
  await approved(audit);
  const rejected = await requestApproval(audit, approvalRequest({ kind: 'restore', target: 'localhost:5432/crm' }));
  const decision = { approvalId: rejected.approval.approvalId, decision: 'rejected', comment: 'not "today"' } as const;
  await recordDecision(audit, { ...decision, user });
  await requestApproval(audit, approvalRequest({ kind: 'step', fingerprint: '', rows: null, columns: null }));
}

/** Every column of every row of T38 to T41. */
export async function auditRows({ server }: TestAudit): Promise<Record<string, unknown[]>> {
  const rows = async (table: string, key: string) =>
    (await server.sql<{ row: unknown }>(`select to_jsonb(t) as row from ${table} t order by ${key}`)).map(
      ({ row }) => row,
    );
  return {
    dumps: await rows('t38_dump_audit', 'dump_id'),
    events: await rows('t39_dump_evenement', 'seq'),
    imports: await rows('t40_import_registre', 'import_id'),
    approvals: await rows('t41_approbation', 'approbation_id'),
  };
}

/** What is left of an audit whose database is lost: its bucket, and a new database. Disposing of it leaves the bucket. */
export async function afterLoss({ storage }: Pick<TestAudit, 'storage'>): Promise<TestAudit> {
  return await auditOn(await testDatabase(), { ...storage, [Symbol.asyncDispose]: async () => undefined });
}

/** The events of a bucket, by their numbers, as they are. */
export async function mirroredEvents({ store, signal }: TestAudit): Promise<Map<number, Record<string, unknown>>> {
  const events = new Map<number, Record<string, unknown>>();
  for (let seq = 1; ; seq += 1) {
    const text = await readSmall(store, eventKey(seq), signal);
    if (text === undefined) return events;
    events.set(seq, JSON.parse(text));
  }
}

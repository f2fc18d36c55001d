import { appendEvent } from '../audit/append-event.ts';
import { applyChange, type Change } from '../audit/change.ts';
import { tryLockDump } from '../audit/dump-lock.ts';
import { selectDumps } from '../audit/dump-row.ts';
import type { Deps } from '../deps.ts';
import type { Decision } from './plan.ts';

export interface ArchiveRequest {
  readonly dumpId: number;
  /** Of its data, which is what is large. */
  readonly key: string;
  readonly storageClass: string;
  readonly decision: Decision;
  readonly user: string;
}

/**
 * Moves a dump's data to another storage class, under its key, and says so in T38 and in the journal. The class first:
 * it is moved once, however often it is asked for, and a row that says ARCHIVE says what is. The version that restores
 * have pinned may become another, so that one that is being read is left alone: `reading`.
 */
export async function archiveDump(deps: Deps, request: ArchiveRequest): Promise<'done' | 'reading' | 'changed'> {
  const { dumpId, key, storageClass, decision, user } = request;
  return await deps.db.session(async (session) => {
    if (!(await tryLockDump(session, dumpId))) return 'reading';
    if (!(await isActive(session))) return 'changed';
    await deps.store.setStorageClass(key, storageClass, { signal: deps.signal });
    return await deps.db.transaction(async (tx) => {
      if (!(await isActive(tx))) return 'changed';
      const change: Change = { table: 't38_dump_audit', op: 'update', row: { dump_id: dumpId, statut: 'ARCHIVE' } };
      await applyChange(tx, change);
      const detail = { key, storageClass, rule: decision.rule, reasons: [...decision.reasons] };
      await appendEvent(tx, { event: 'ARCHIVE', dumpId, user, detail, changes: [change] });
      return 'done';
    });
  });

  async function isActive(db: Parameters<typeof selectDumps>[0]): Promise<boolean> {
    const [dump] = await selectDumps(db, 'where dump_id = $1 for update', [dumpId]);
    return dump?.status === 'ACTIF';
  }
}

import { appendEvent } from '../audit/append-event.ts';
import { applyChange, type Change } from '../audit/change.ts';
import { readFacts } from '../audit/dump-facts.ts';
import { tryLockDumpInTransaction } from '../audit/dump-lock.ts';
import { type DumpRow, selectDumps } from '../audit/dump-row.ts';
import { findCreation } from '../audit/find-creation.ts';
import type { JournalEvent } from '../audit/journal-event.ts';
import { findJournalledDump } from '../audit/journalled-dump.ts';
import type { DumpPlace } from '../catalog/dump-place.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { isStored } from '../storage/is-stored.ts';
import type { Deletion } from './deletion.ts';
import { isHeld } from './hold.ts';
import type { Decision } from './plan.ts';

export type Marking =
  | { readonly kind: 'marked'; readonly event: JournalEvent }
  /** Somebody restores it. */
  | { readonly kind: 'reading' }
  /** It is not what the plan saw any more. */
  | { readonly kind: 'changed'; readonly because: string };

export interface MarkRequest {
  readonly dumpId: number;
  /** Of its data. */
  readonly key: string;
  readonly place: DumpPlace;
  readonly decision: Decision;
  readonly user: string;
}

/**
 * Marks a dump as SUPPRIME, in its row and in the journal, in one transaction: from then on nobody restores it. What the
 * plan relied on is looked at again under the locks of the rows: that it stands, that it is as the journal recorded it,
 * that nobody holds or reads it, and that those for which it may go are still there.
 */
export async function markDump(deps: Deps, request: MarkRequest): Promise<Marking> {
  const { dumpId, decision, place, user } = request;
  const stored = await isStored(deps.store, request.key, deps.signal);
  return await deps.db.transaction(async (tx) => {
    if (!(await tryLockDumpInTransaction(tx, dumpId))) return { kind: 'reading' };
    // In the order of their ids, as every expiry: two of them cannot wait for each other.
    const rows = await selectDumps(tx, 'where dump_id = any($1::bigint[]) order by dump_id for update', [
      [dumpId, ...decision.witnesses],
    ]);
    const dump = rows.find((row) => row.dumpId === dumpId);
    const because = await objection(tx, dump, rows, request, deps.now());
    if (dump === undefined || because !== undefined) return { kind: 'changed', because: because ?? 'its row is gone' };

    const creation = await findCreation(tx, dumpId);
    const detail: Deletion = {
      phase: 'marked',
      what: 'dump',
      prefix: place.prefix,
      key: dump.key,
      uri: deps.store.uriOf(dump.key),
      sizeBytes: dump.sizeBytes,
      sha256: dump.sha256,
      manifestSha256: creation?.manifest?.sha256 ?? null,
      why: decision.action === 'expire' ? 'term' : 'rotation',
      rule: decision.rule ?? '',
      reasons: [...decision.reasons],
      term: decision.term?.toISOString() ?? null,
      stored,
    };
    const change: Change = { table: 't38_dump_audit', op: 'update', row: { dump_id: dumpId, statut: 'SUPPRIME' } };
    await applyChange(tx, change);
    return {
      kind: 'marked',
      event: await appendEvent(tx, { event: 'SUPPRIME', dumpId, user, detail, changes: [change] }),
    };
  });
}

async function objection(
  tx: Queryable,
  dump: DumpRow | undefined,
  rows: readonly DumpRow[],
  { dumpId, decision: { witnesses } }: MarkRequest,
  now: Date,
): Promise<string | undefined> {
  const stands = (id: number) => rows.some((row) => row.dumpId === id && row.status !== 'SUPPRIME');
  if (!stands(dumpId)) return 'somebody else deleted it meanwhile';
  const gone = witnesses.find((id) => !stands(id));
  if (gone !== undefined) return `dump ${gone}, for which it could go, was deleted meanwhile`;
  const { heldUntil } = (await readFacts(tx, [dumpId]))(dumpId);
  if (isHeld(heldUntil, now)) return 'somebody holds it since';
  const recorded = await findJournalledDump(tx, dumpId);
  const columns = ['type', 'key', 'uri', 'sha256', 'status', 'createdAt', 'expiresAt'] as const;
  const altered = columns.filter((column) => dump?.[column] !== recorded?.[column]);
  if (altered.length === 0) return undefined;
  return `its row is not what the journal recorded (${altered.join(', ')}): run datasens journal verify`;
}

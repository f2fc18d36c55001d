import * as z from 'zod';
import type { Queryable } from '../postgres/database.ts';
import { type DumpFacts, readFacts } from './dump-facts.ts';
import { type DumpRow, selectDumps } from './dump-row.ts';
import { listUnfinishedDeletions } from './unfinished-deletions.ts';

export interface OverdueDump {
  /** Of rejects that of their import; null for an imported file. */
  readonly dumpId: number | null;
  /** The storage key. */
  readonly key: string;
  /** ISO 8601 UTC; null where it cannot be read. */
  readonly term: string | null;
  /** Why it still stands, and what to do. */
  readonly because: string;
}

export interface OverdueDumps {
  readonly total: number;
  /** Those whose term is over for the longest. */
  readonly first: readonly OverdueDump[];
}

/**
 * What stands although its legal term was over at `now`: dumps that nobody has deleted, by the term of their own in
 * T38, and all that was marked for deletion, by any term, and has no certificate yet. What an expiry has at work in this
 * moment counts; who asks beside one leaves it some time in `now`. The terms of rules are the policy's, which is not
 * asked: a dump that outlives one of those is told from when it is marked.
 */
export async function listOverdue(db: Queryable, now: Date, limit: number, signal: AbortSignal): Promise<OverdueDumps> {
  // Before the rows: a dump that is marked meanwhile is in neither, and in both it would be the other way round.
  const marked = await listMarked(db, now, limit, signal);
  signal.throwIfAborted();
  const standing = await listStanding(db, now, limit);
  return {
    total: marked.total + standing.total,
    first: longestOverdue([...marked.first, ...standing.first], limit),
  };
}

/** Rows of imports store nothing. `-infinity` is a term, though nobody can have meant it. */
const STANDING = `where statut is distinct from 'SUPPRIME' and type <> 'IMPORT' and date_expiration <= $1::timestamp`;

async function listStanding(db: Queryable, now: Date, limit: number): Promise<OverdueDumps> {
  const until = now.toISOString().replace('Z', '');
  const { rows } = await db.query<{ total: number }>(`select count(*) as total from t38_dump_audit ${STANDING}`, [
    until,
  ]);
  const dumps = await selectDumps(db, `${STANDING} order by date_expiration, dump_id limit $2`, [until, limit]);
  const factsOf = await readFacts(
    db,
    dumps.map(({ dumpId }) => dumpId),
  );
  return {
    total: rows[0]?.total ?? 0,
    first: dumps.map((dump) => ({
      dumpId: dump.dumpId,
      key: dump.key,
      term: timeOf(dump.expiresAt),
      because: whyStanding(dump, factsOf(dump.dumpId), now),
    })),
  };
}

function whyStanding({ legacy }: DumpRow, { registered, heldUntil }: DumpFacts, now: Date): string {
  if (heldUntil === 'released') return 'it is held until it is released: release it, or lengthen its term';
  if (heldUntil !== null && new Date(heldUntil) > now) return `it is held until ${heldUntil}: release it`;
  if (legacy) return 'it is older than the journal, and no expiry of ours deletes it';
  if (!registered) return 'the journal does not know of it, and no expiry of ours deletes it';
  return 'no expiry has deleted it: run datasens expire';
}

/** Of the detail of a mark (expiry/deletion.ts) what is told. */
const Mark = z.object({ key: z.string(), term: z.string().nullable() });

async function listMarked(db: Queryable, now: Date, limit: number, signal: AbortSignal): Promise<OverdueDumps> {
  let total = 0;
  let first: readonly OverdueDump[] = [];
  for await (const { event, intact } of listUnfinishedDeletions(db, signal)) {
    const { dumpId, at, seq } = event;
    const mark = Mark.safeParse(event.detail);
    const isReadable = intact && mark.success;
    const term = isReadable ? timeOf(mark.data.term) : null;
    // A rotation ends no term; of a mark that was altered nobody knows.
    if (isReadable && (term === null || new Date(term) > now)) continue;
    total += 1;
    const because = isReadable
      ? `its deletion began on ${at} and is not certified: run datasens expire`
      : 'the mark of its deletion was altered: run datasens journal verify';
    const key = mark.success ? mark.data.key : `event ${seq}`;
    first = longestOverdue([...first, { dumpId, key, term, because }], limit);
  }
  return { total, first };
}

function longestOverdue(dumps: readonly OverdueDump[], limit: number): readonly OverdueDump[] {
  return dumps.toSorted((a, b) => timeIn(a) - timeIn(b) || (a.dumpId ?? 0) - (b.dumpId ?? 0)).slice(0, limit);
}

function timeIn({ term }: OverdueDump): number {
  return term === null ? Number.NEGATIVE_INFINITY : Date.parse(term);
}

function timeOf(text: string | null): string | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

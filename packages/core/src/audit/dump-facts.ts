import type { Queryable } from '../postgres/database.ts';

/** What the journal says of a dump's standing. */
export interface DumpFacts {
  /** Whether it has its creation. */
  readonly registered: boolean;
  /** Whether a restore of it has matched its proof. */
  readonly proven: boolean;
  /** Whether it was found corrupt, and not found whole since. */
  readonly damaged: boolean;
  /** Until when somebody wants it kept, ISO 8601 UTC; null for no hold, 'released' for as long as nobody releases it. */
  readonly heldUntil: string | null;
}

const UNKNOWN: DumpFacts = { registered: false, proven: false, damaged: false, heldUntil: null };

/** The facts of each of the dumps, by dump_id, in one query. */
export async function readFacts(db: Queryable, dumpIds: readonly number[]): Promise<(dumpId: number) => DumpFacts> {
  // In canonical JSON a quote inside a string has a backslash, so that only an error of ours has this text.
  const { rows } = await db.query<Omit<DumpFacts, 'heldUntil'> & { dumpId: number; hold: string | null }>(
    `select dump_id as "dumpId", bool_or(evenement = 'CREE') as registered, bool_or(evenement = 'PROUVE') as proven,
            coalesce(max(seq) filter (where evenement = 'ECHEC' and detail like '%"name":"CorruptDump"}%'), 0)
              > coalesce(max(seq) filter (where evenement in ('CREE', 'PROUVE', 'VERIFIE')), 0) as damaged,
            (array_agg(case evenement when 'RETENU' then detail end order by seq desc)
               filter (where evenement in ('RETENU', 'LIBERE')))[1] as hold
       from t39_dump_evenement where dump_id = any($1::bigint[]) group by dump_id`,
    [dumpIds],
  );
  const facts = new Map(rows.map(({ dumpId, hold, ...fact }) => [dumpId, { ...fact, heldUntil: heldUntilOf(hold) }]));
  return (dumpId) => facts.get(dumpId) ?? UNKNOWN;
}

/** A detail that cannot be read holds as well: it was somebody's wish. */
function heldUntilOf(detail: string | null): string | null {
  if (detail === null) return null;
  try {
    const { until } = JSON.parse(detail) as { until?: unknown };
    return typeof until === 'string' && !Number.isNaN(Date.parse(until)) ? until : 'released';
  } catch {
    return 'released';
  }
}

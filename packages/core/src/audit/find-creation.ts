import type { Queryable } from '../postgres/database.ts';

/** What the journal recorded when a dump was committed. */
export interface Creation {
  /** Its place in the journal. */
  readonly seq: number;
  readonly manifest: { readonly key: string; readonly sha256: string };
}

/** The detail of the dump's CREE; undefined for a legacy row, which nobody journalled. */
export async function findCreation(db: Queryable, dumpId: number): Promise<Creation | undefined> {
  const { rows } = await db.query<{ seq: number; detail: string }>(
    `select seq, detail from t39_dump_evenement where dump_id = $1 and evenement = 'CREE' order by seq limit 1`,
    [dumpId],
  );
  const [row] = rows;
  return row && { ...(JSON.parse(row.detail) as Omit<Creation, 'seq'>), seq: row.seq };
}

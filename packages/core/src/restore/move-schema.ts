import type { Queryable } from '../postgres/database.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { RestorePlan } from './restore-plan.ts';

/** The name of a schema of the target while another takes its place. */
const ASIDE = 'datasens_aside';

/**
 * A dump's objects name their schema. To restore them into another, they get an empty one of that name: what stands
 * there already steps aside, for as long as the transaction lasts. Others see it where it was.
 */
export async function makeRoom(tx: Queryable, { intoSchema, fromSchema }: RestorePlan): Promise<void> {
  if (intoSchema === null || fromSchema === null) return;
  const from = quoteIdentifier(fromSchema);
  if (await hasSchema(tx, fromSchema)) await tx.query(`alter schema ${from} rename to ${ASIDE}`);
  await tx.query(`create schema ${from}`);
}

/** After the proof: the objects get the schema that was asked for, and what stood aside its name again. */
export async function moveSchema(tx: Queryable, { intoSchema, fromSchema }: RestorePlan): Promise<void> {
  if (intoSchema === null || fromSchema === null) return;
  const from = quoteIdentifier(fromSchema);
  await tx.query(`alter schema ${from} rename to ${quoteIdentifier(intoSchema)}`);
  if (await hasSchema(tx, ASIDE)) await tx.query(`alter schema ${ASIDE} rename to ${from}`);
}

async function hasSchema(tx: Queryable, name: string): Promise<boolean> {
  const { rows } = await tx.query('select 1 as one from pg_catalog.pg_namespace where nspname = $1', [name]);
  return rows.length > 0;
}

import type { Queryable } from '../postgres/database.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { RestorePlan } from './restore-plan.ts';

/**
 * A dump's objects carry the name of their schema. To restore them into another, the schema that has the name steps
 * aside for as long as the transaction lasts; others see it where it was.
 */
const ASIDE = 'datasens_aside';

/** Before the restore: an empty schema where the dump's objects expect theirs. */
export async function makeRoom(tx: Queryable, { intoSchema, fromSchema }: RestorePlan): Promise<void> {
  if (intoSchema === null || fromSchema === null) return;
  const from = quoteIdentifier(fromSchema);
  await tx.query(`alter schema ${from} rename to ${quoteIdentifier(ASIDE)}`);
  await tx.query(`create schema ${from}`);
}

/** After the proof: the objects get the schema that was asked for, and what stood aside its name again. */
export async function moveSchema(tx: Queryable, { intoSchema, fromSchema, mode }: RestorePlan): Promise<void> {
  if (intoSchema === null || fromSchema === null) return;
  const from = quoteIdentifier(fromSchema);
  await tx.query(`alter schema ${from} rename to ${quoteIdentifier(intoSchema)}`);
  if (mode !== 'create') await tx.query(`alter schema ${quoteIdentifier(ASIDE)} rename to ${from}`);
}

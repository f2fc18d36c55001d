import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import type { LoadTable } from '../postgres/load-table.ts';
import { quoteIdentifier, quoteQualified } from '../postgres/quote.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { LoadColumn } from './plan-import.ts';

/** Makes the table, with `key` as its primary key where there is one, or the columns that it lacks. */
export async function makeRoomFor(
  tx: Queryable,
  { schema, name }: RelationName,
  table: LoadTable | undefined,
  columns: readonly LoadColumn[],
  key: readonly string[],
): Promise<void> {
  const definitions = columns
    .filter(({ added }) => added)
    .map((column) => `${quoteIdentifier(column.name)} ${column.sqlType}`);
  const qualified = quoteQualified(schema, name);
  if (table === undefined && key.length > 0) definitions.push(`primary key (${key.map(quoteIdentifier).join(', ')})`);
  if (table === undefined) await tx.query(`create table ${qualified} (${definitions.join(', ')})`);
  else if (definitions.length > 0) {
    await tx.query(`alter table ${qualified} ${definitions.map((one) => `add column ${one}`).join(', ')}`);
  }
}

/**
 * Empties a table, which keeps what it is: grants, indexes, foreign keys. By DELETE where other tables refer to it, for
 * TRUNCATE refuses those; throws `Conflict` with their names where that would delete or change their rows.
 */
export async function emptyTable(tx: Queryable, { schema, name }: RelationName, table: LoadTable): Promise<void> {
  const qualified = quoteQualified(schema, name);
  const cascading = table.referencedBy.filter(({ cascades }) => cascades).map((reference) => reference.table);
  if (cascading.length > 0) {
    throw new AppError(
      'Conflict',
      `to empty ${qualified} would delete or change rows of ${[...new Set(cascading)].join(', ')}, by their foreign keys. Empty those first, or import with --if-exists append or upsert`,
      { tables: cascading },
    );
  }
  // A partitioned table has its rows in its partitions; an ordinary one leaves those of its children alone.
  const rows = table.kind === 'p' ? qualified : `only ${qualified}`;
  await tx.query(table.referencedBy.length > 0 ? `delete from ${rows}` : `truncate table ${rows}`);
}

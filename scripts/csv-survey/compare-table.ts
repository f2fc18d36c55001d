import type { ImportDeps } from '@datasens/core/import/import-request.ts';
import type { DelimitedInspection } from '@datasens/core/import/inspection.ts';
import { runImport } from '@datasens/core/import/run-import.ts';
import type { Source } from '@datasens/core/import/source/source.ts';
import { toIsoDate } from '@datasens/core/import/types/date-format.ts';
import type { Column } from '@datasens/core/import/types/infer-columns.ts';
import { quoteIdentifier } from '@datasens/core/postgres/quote.ts';
import type { Session } from '@datasens/core/postgres/session.ts';

/** A database into which files are imported as `default`. */
export interface SurveyDatabase {
  readonly deps: ImportDeps;
  readonly session: Session;
}

/**
 * Imports a file, and holds the table against the rows of its twin, read as values of the same types. The first
 * difference, or nothing. Text without characters counts as NULL, for the twins do not tell one from the other.
 */
export async function compareTable(
  { deps, session }: SurveyDatabase,
  source: Source,
  { columns, decimal }: DelimitedInspection,
  rows: readonly (readonly string[])[],
): Promise<string | undefined> {
  if (columns.length === 0) return undefined;
  await session.query('drop table if exists survey, twin');
  const imported = await runImport(deps, {
    source,
    into: 'default',
    table: 'survey',
    ifExists: 'fail',
    user: 'survey',
  });
  if (imported.rowsInserted !== rows.length) return `${imported.rowsInserted} rows in place of ${rows.length}`;
  await session.query('create table twin (like survey)');
  const values = columns.map(
    (column, index) => `(value ->> ${index})::${imported.columns[index]?.type ?? column.type}`,
  );
  const twin = rows.map((row) => columns.map((column, index) => asSql(row[index] ?? '', column, decimal)));
  await session.query(`insert into twin select ${values.join(', ')} from jsonb_array_elements($1::jsonb)`, [
    JSON.stringify(twin),
  ]);
  const list = imported.columns
    .map(({ name, type }) => (type === 'text' ? `nullif(${quoteIdentifier(name)}, '')` : quoteIdentifier(name)))
    .join(', ');
  for (const [here, there] of [
    ['survey', 'twin'],
    ['twin', 'survey'],
  ]) {
    const { rows: only } = await session.query<{ row: string }>(
      `select row_to_json(difference)::text as row
         from (select ${list} from ${here} except all select ${list} from ${there} limit 1) as difference`,
    );
    if (only[0]) return `in the ${here === 'twin' ? 'twin' : 'table'} alone: ${only[0].row}`;
  }
  return undefined;
}

/** A value of the twin as SQL reads it. */
function asSql(text: string, { type, dateFormat }: Column, decimal: DelimitedInspection['decimal']): string | null {
  if (text === '') return null;
  if (type === 'date' && dateFormat) return toIsoDate(text, dateFormat) ?? text;
  return type === 'numeric' && decimal === ',' ? text.replace(',', '.') : text;
}

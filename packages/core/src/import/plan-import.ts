import { AppError } from '../errors.ts';
import type { LoadTable } from '../postgres/load-table.ts';
import type { ImportRequest } from './import-request.ts';
import type { Inspection } from './inspection.ts';
import type { LateKey } from './load-job.ts';
import type { Reading } from './reading.ts';
import type { ColumnType, WantedTypes } from './types/column-type.ts';
import type { Column } from './types/infer-columns.ts';

/** Where a column of the file goes. */
export interface LoadColumn {
  /** Of the table. */
  readonly name: string;
  /** Of the file, where it has a header. */
  readonly header: string | undefined;
  /** How its values are read; for a column that is there, the nearest of ours. */
  readonly type: ColumnType;
  /** As SQL writes it. */
  readonly sqlType: string;
  readonly dateFormat?: Column['dateFormat'];
  /** Whether the import makes it. */
  readonly added: boolean;
  /** Whether its type was inferred: then every value must fit it, and one that does not makes it wider. */
  readonly inferred: boolean;
  readonly widenedFrom?: ColumnType;
}

/** Throws `InvalidInput` with the questions that the file leaves open: each names what answers it. */
export function refuseDoubts({ doubts, columns, uri }: Inspection): void {
  if (columns.length === 0) throw new AppError('InvalidInput', `${uri} is empty: there is nothing to import`);
  if (doubts.length === 0) return;
  throw new AppError(
    'InvalidInput',
    `${uri} may be read in more than one way, and an import does not guess. Answer by the options (datasens inspect shows what is found):\n${doubts.map(question).join('\n')}`,
    { doubts },
  );
}

/** A doubt begins with the option that answers it, where one does. */
function question(doubt: string): string {
  return `- ${doubt.replace(/^[a-z-]+: /, '--$&')}`;
}

/**
 * The columns of a table for the columns of a file: by name, exactly or else in another case; by position where the
 * file names none. Throws `InvalidInput` for one that the table lacks (unless `evolve`), computes itself, or is named
 * twice, and for more columns than a table may have.
 */
export function planColumns(
  { columns, named }: Pick<Reading, 'columns' | 'named'>,
  table: LoadTable | undefined,
  { evolve, types, display, late }: PlanOptions,
): LoadColumn[] {
  if (table !== undefined && !named) return byPosition(columns, table, display);
  const planned =
    table === undefined
      ? columns.map((column) => newColumn(column, types))
      : byName(columns, table, { evolve, types, display, late });
  const inAll = (table?.columns.length ?? 0) + planned.filter(({ added }) => added).length;
  if (inAll <= MOST_COLUMNS) return planned;
  throw new AppError(
    'InvalidInput',
    `${display} would have ${inAll} columns, and PostgreSQL takes no more than ${MOST_COLUMNS}: split the file by columns`,
  );
}

/** PostgreSQL manual, appendix K, "Limits". */
const MOST_COLUMNS = 1_600;

interface PlanOptions {
  /** Whether columns that the table lacks are added to it. */
  readonly evolve: boolean;
  readonly types: WantedTypes;
  /** The table's name, for messages. */
  readonly display: string;
  /** What made it plan again. */
  readonly late?: LateKey | undefined;
}

function byName(
  columns: readonly Column[],
  table: LoadTable,
  { evolve, types, display, late }: PlanOptions,
): LoadColumn[] {
  const planned = columns.map((column) => {
    const found = findColumn(column, table);
    if (found !== undefined) return existingColumn(column, found, display);
    if (evolve) return newColumn(column, types);
    throw new AppError(
      'InvalidInput',
      `${display} has no column ${JSON.stringify(column.name)}${late !== undefined && late.key === column.header ? `, which line ${late.line} has` : ''}. Its columns: ${table.columns.map(({ name }) => name).join(', ')}. --evolve add would add it`,
      { column: column.name },
    );
  });
  const twice = planned.find(({ name }, index) => planned.findIndex((other) => other.name === name) !== index);
  if (twice === undefined) return planned;
  throw new AppError('InvalidInput', `two columns of the file would go to ${JSON.stringify(twice.name)} of ${display}`);
}

function findColumn({ name, header }: Column, { columns }: LoadTable) {
  const exact = columns.find((column) => column.name === name || column.name === header);
  if (exact) return exact;
  const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

function byPosition(columns: readonly Column[], table: LoadTable, display: string): LoadColumn[] {
  const own = table.columns.filter(({ generated }) => !generated);
  if (own.length === columns.length) {
    return columns.map((column, index) => existingColumn(column, own[index] as (typeof own)[number], display));
  }
  throw new AppError(
    'InvalidInput',
    `the file names no columns, and has ${columns.length} where ${display} has ${own.length}: give it a header`,
  );
}

function newColumn(column: Column, types: WantedTypes): LoadColumn {
  const isTold =
    types === 'text' || (types !== 'infer' && (column.name in types || (column.header ?? column.name) in types));
  return {
    name: column.name,
    header: column.header,
    type: column.type,
    sqlType: column.declared ?? column.type,
    ...(column.dateFormat === undefined ? {} : { dateFormat: column.dateFormat }),
    added: true,
    inferred: !isTold && column.declared === undefined && column.type !== 'text',
  };
}

function existingColumn(column: Column, found: LoadTable['columns'][number], display: string): LoadColumn {
  if (found.generated) {
    throw new AppError(
      'InvalidInput',
      `${display} computes ${JSON.stringify(found.name)} itself: leave the column out of the file`,
    );
  }
  const type = nearestType(found.type);
  return {
    name: found.name,
    header: column.header,
    type,
    sqlType: found.type,
    ...(type === 'date' && column.dateFormat !== undefined ? { dateFormat: column.dateFormat } : {}),
    added: false,
    inferred: false,
  };
}

/** As far as it matters for decimal commas and for dates. */
function nearestType(sqlType: string): ColumnType {
  if (sqlType === 'date') return 'date';
  return /^(smallint|integer|bigint|numeric|real|double precision)/.test(sqlType) ? 'numeric' : 'text';
}

/**
 * The key of an upsert, as the columns of the table are named; none for other imports. Throws `InvalidInput` for a key
 * that is not wanted, is missing, or names no column of the file.
 */
export function keyOf(
  { ifExists, key = [] }: Pick<ImportRequest, 'ifExists' | 'key'>,
  columns: readonly LoadColumn[],
): string[] {
  if ((ifExists === 'upsert') !== key.length > 0) {
    throw new AppError('InvalidInput', '--if-exists upsert and --key go together: --if-exists upsert --key id');
  }
  return key.map((wanted) => {
    const column =
      columns.find(({ name, header }) => name === wanted || header === wanted) ??
      columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (column) return column.name;
    throw new AppError('InvalidInput', `--key: the file has no column ${JSON.stringify(wanted)}`);
  });
}

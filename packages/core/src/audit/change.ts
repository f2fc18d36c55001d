import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteIdentifier } from '../postgres/quote.ts';

/** The tables whose rows an event can change, each with its key. A later table joins with a line here. */
const KEYS = {
  t38_dump_audit: ['dump_id'],
  t40_import_registre: ['import_id'],
  t41_approbation: ['approbation_id'],
} as const;

export type ChangedTable = keyof typeof KEYS;
export const CHANGED_TABLES = Object.keys(KEYS) as ChangedTable[];

/**
 * A row inserted, or columns of a row updated, in the words of the database: column names, timestamps as ISO 8601
 * UTC without trailing zeros (`timestampText`). Applying the journal's changes in order rebuilds the tables.
 */
export interface Change {
  readonly table: ChangedTable;
  readonly op: 'insert' | 'update';
  /** An update names the key and the columns that it sets. */
  readonly row: Readonly<Record<string, string | number | boolean | null>>;
}

/** Applies a change and returns whether it did: an insert does nothing where a unique column is already taken. */
export async function applyChange(tx: Queryable, { table, op, row }: Change): Promise<boolean> {
  const keys: readonly string[] = KEYS[table];
  const columns = Object.keys(row);
  const values = Object.values(row);
  const parameter = (column: string) => `$${columns.indexOf(column) + 1}`;
  const assigned = (names: readonly string[]) => names.map((name) => `${quoteIdentifier(name)} = ${parameter(name)}`);
  if (!keys.every((key) => columns.includes(key))) {
    throw new AppError('InvalidInput', `a change to ${table} names ${keys.join(', ')}`);
  }

  const sql =
    op === 'insert'
      ? `insert into ${table} (${columns.map(quoteIdentifier).join(', ')})
         values (${columns.map(parameter).join(', ')}) on conflict do nothing`
      : `update ${table} set ${assigned(columns.filter((column) => !keys.includes(column))).join(', ')}
         where ${assigned(keys).join(' and ')}`;
  const { rowCount } = await tx.query(sql, values);
  return rowCount === 1;
}

/**
 * Applies changes in their order, in a few statements however many they are: of one row, the last value of each column
 * counts. An insert does nothing where a unique column is taken, an update where there is no row.
 */
export async function applyChanges(tx: Queryable, changes: readonly Change[]): Promise<void> {
  const net = new Map<string, Change>();
  for (const change of changes) {
    const key = JSON.stringify([change.table, ...KEYS[change.table].map((name: string) => change.row[name])]);
    const earlier = net.get(key);
    const op = earlier?.op === 'insert' ? 'insert' : change.op;
    net.set(key, { ...change, op, row: { ...earlier?.row, ...change.row } });
  }
  // One statement for all rows of a table that set the same columns.
  const alike = Map.groupBy(net.values(), ({ table, op, row }) => JSON.stringify([table, op, Object.keys(row).sort()]));
  for (const group of alike.values()) {
    const [{ table, op, row }] = group as [Change];
    const keys: readonly string[] = KEYS[table];
    const columns = Object.keys(row);
    const given = `jsonb_populate_recordset(null::${table}, $1::jsonb) as given`;
    const list = (names: readonly string[], text: (name: string) => string, by = ', ') =>
      names.map((name) => text(quoteIdentifier(name))).join(by);
    const same = (name: string) => `${name} = given.${name}`;
    await tx.query(
      op === 'insert'
        ? `insert into ${table} (${list(columns, String)}) select ${list(columns, String)} from ${given}
           on conflict do nothing`
        : `update ${table} as changed set ${list(
            columns.filter((name) => !keys.includes(name)),
            same,
          )}
             from ${given} where ${list(keys, (name) => `changed.${same(name)}`, ' and ')}`,
      [JSON.stringify(group.map((change) => change.row))],
    );
  }
}

/** A time as the journal writes it and as PostgreSQL gives it back: `2026-11-01T10:00:00.12Z`. */
export function timestampText(time: Date): string {
  return time.toISOString().replace(/\.?0+Z$/, 'Z');
}

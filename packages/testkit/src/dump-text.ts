import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NEVER_DUMPED } from '@datasens/core/dump/never-dumped.ts';
import { findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import type { Queryable } from '@datasens/core/postgres/database.ts';
import { quoteQualified } from '@datasens/core/postgres/quote.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { findRelationSet } from '@datasens/core/postgres/source-checks.ts';
import { libpqEnvironment, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';

export interface DumpTextOptions {
  /** What else to leave out: patterns of pg_dump's --exclude-table. */
  readonly exclude?: readonly string[];
}

/** What pg_dump leaves to the database's own settings, although values are written by it. */
const SETTINGS = { timezone: 'UTC', bytea_output: 'hex', lc_monetary: 'C' };

/**
 * `pg_dump` of a whole database as text, so that a database and its restored copy compare by `toBe`: definitions, rows
 * in their order, sequences, large objects, owners and privileges. Left out are the audit tables, as in every dump.
 *
 * One thing that no restore keeps is made equal: the order of an inheriting table's columns, for pg_dump restores the
 * inherited ones first. Materialised views compare by definition; pg_dump never carries their rows.
 */
export async function dumpText(url: string, { exclude = [] }: DumpTextOptions = {}): Promise<string> {
  const target = parseDatabaseUrl(url, 'dump text');
  await using session = await openSession(target, { applicationName: 'datasens dump text' });
  const { rows } = await session.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  const tools = await findClientTools(rows[0]?.major ?? 0, { binDir: process.env.PG_BIN_DIR });
  const audit = await findRelationSet(session, NEVER_DUMPED.tables, NEVER_DUMPED.marker);
  const patterns = [...audit.map(({ schema, name }) => quoteQualified(schema, name)), ...exclude];
  const { stdout } = await promisify(execFile)(
    toolPath(tools, 'pg_dump'),
    ['--restrict-key=x', ...patterns.map((pattern) => `--exclude-table=${pattern}`)],
    { env: libpqEnvironment(target, 'datasens dump text', SETTINGS), cwd: '/', maxBuffer: 512 * 1024 * 1024 },
  );
  return (await listInheritingTables(session)).reduce(sortColumns, stdout);
}

/** As pg_dump writes them: the name, and the columns whose values COPY carries. */
interface InheritingTable {
  readonly name: string;
  readonly columns: readonly string[];
}

async function listInheritingTables(db: Queryable): Promise<InheritingTable[]> {
  const { rows } = await db.query<InheritingTable>(
    `select pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
            (select coalesce(pg_catalog.json_agg(pg_catalog.quote_ident(a.attname) order by a.attnum), '[]')
               from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and not c.relispartition
        and exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid)`,
  );
  return rows;
}

/** Puts the columns of one table in the order of their names, where it is defined and where its rows are. */
function sortColumns(text: string, { name, columns }: InheritingTable): string {
  const order = columns.map((column, index) => ({ column, index })).sort((a, b) => (a.column < b.column ? -1 : 1));
  const header = `\nCOPY ${name} (${columns.join(', ')}) FROM stdin;\n`;
  const sortedHeader = `\nCOPY ${name} (${order.map(({ column }) => column).join(', ')}) FROM stdin;\n`;
  const sortValues = (row: string) => {
    const values = row.split('\t');
    return order.map(({ index }) => values[index]).join('\t');
  };
  const defined = replaceLines(text, [`\nCREATE TABLE ${name} (\n`, '\n)\nINHERITS ('], (lines, start) => ({
    start,
    lines: lines.map((line) => line.replace(/,$/, '')).sort(),
  }));
  return replaceLines(defined, [header, '\n\\.\n'], (rows) => ({ start: sortedHeader, lines: rows.map(sortValues) }));
}

/** Replaces the lines between `start` and `end`, if the text has them. */
function replaceLines(
  text: string,
  [start, end]: readonly [string, string],
  change: (lines: string[], start: string) => { start: string; lines: string[] },
): string {
  const from = text.indexOf(start);
  if (from < 0) return text;
  // The end begins with the line break that ends the start where nothing is in between.
  const first = from + start.length;
  const to = text.indexOf(end, first - 1);
  if (to < first) return text;
  const changed = change(text.slice(first, to).split('\n'), start);
  return text.slice(0, from) + changed.start + changed.lines.join('\n') + text.slice(to);
}

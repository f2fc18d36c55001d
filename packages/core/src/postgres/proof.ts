import { createHash } from 'node:crypto';
import type { Queryable } from './database.ts';
import { quoteIdentifier, quoteLiteral, quoteQualified } from './quote.ts';
import type { SourceTable } from './source-tables.ts';

/** `content`: row counts and content hashes; `counts`: row counts alone; `none`: no look at the rows. */
export type ProofLevel = 'content' | 'counts' | 'none';

/** What a table held in the dump's snapshot. Absent members were not asked for by the level. */
export interface TableProof {
  /** As SQL writes it. */
  readonly name: string;
  readonly rows?: number;
  /** Decimal sum over the rows of 64 bits of md5(convert_to(row::text, 'UTF8')), as signed integers. */
  readonly hash?: string;
  /** The columns in the order in which `row` has them: a restore may bring inherited ones back in another. */
  readonly columns?: readonly string[];
}

/** The proof of a dump: what its restore must hold. Its definition stands in the design, section 3. */
export interface Proof {
  readonly format: 1;
  readonly level: ProofLevel;
  readonly tables: readonly TableProof[];
  /**
   * Lower bounds: a sequence moves on outside of any snapshot. `lastValue` is null where there is no bound: before its
   * first use, and for one that cycles.
   */
  readonly sequences: readonly {
    readonly name: string;
    readonly increment: string;
    readonly lastValue: string | null;
  }[];
  /** By definition: their rows are derived, and may be stale. */
  readonly materializedViews: readonly { readonly name: string; readonly definitionSha256: string }[];
  /** Absent where the dump carries no large objects. `hash` is defined as for rows, over 1 MiB chunks. */
  readonly largeObjects?: { readonly count: number; readonly hash?: string };
}

export interface ProofOptions {
  readonly level: ProofLevel;
  readonly tables: readonly SourceTable[];
  /** Whether the dump carries the whole database: then with large objects, and with what belongs to no table. */
  readonly whole: boolean;
}

/**
 * Text forms that are the same on every server, for proofs compare them (design, section 3); nothing hidden by
 * row-level security; and no time limit that a role may have set: a large table may take hours.
 */
export const PROOF_SETTINGS = {
  search_path: '',
  row_security: 'off',
  DateStyle: 'ISO,YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '3',
  lc_monetary: 'C',
  quote_all_identifiers: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
} as const;

/**
 * Takes the proof in the open transaction of `session`, which has `PROOF_SETTINGS`. Call `listSequences` before
 * pg_dump starts, so that they are lower bounds.
 */
export async function takeProof(
  session: Queryable,
  sequences: Proof['sequences'],
  options: ProofOptions,
): Promise<Proof> {
  const { level, whole } = options;
  const leaves = options.tables.filter((table) => table.kind === 'r');
  const columns = level === 'content' ? await listColumns(session, leaves) : undefined;
  const tables = await proveTables(
    session,
    leaves.map((table) => ({ ...table, columns: columns?.get(table.oid) ?? [] })),
    level,
  );
  const materializedViews = whole ? await listMaterializedViews(session) : [];
  const largeObjects = whole ? await proveLargeObjects(session, level) : undefined;
  return { format: 1, level, tables, sequences, materializedViews, ...(largeObjects ? { largeObjects } : {}) };
}

/** The sequences of the database, or only those that `tables` own. */
export async function listSequences(
  session: Queryable,
  tables: readonly SourceTable[],
  whole: boolean,
): Promise<Proof['sequences']> {
  const { rows } = await session.query<Proof['sequences'][number]>(
    `select pg_catalog.format('%I.%I', s.schemaname, s.sequencename) as name,
            s.increment_by::text as increment, case when not s.cycle then s.last_value::text end as "lastValue"
       from pg_catalog.pg_sequences s
       join pg_catalog.pg_namespace n on n.nspname = s.schemaname
       join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = s.sequencename
       left join pg_catalog.pg_depend owner on owner.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and owner.objid = c.oid and owner.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and owner.deptype in ('a', 'i')
      where c.relpersistence <> 't'
        and (owner.refobjid = any($1::oid[]) or ($2 and owner.refobjid is null))
        and not exists (select from pg_catalog.pg_depend d
                         where d.deptype = 'e' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                           and d.objid = c.oid)
      order by s.schemaname collate "C", s.sequencename collate "C"`,
    [tables.map((table) => table.oid), whole],
  );
  return rows;
}

/** A table to prove: its columns in the order in which their values are hashed. */
export interface TableToProve extends Pick<SourceTable, 'schema' | 'name' | 'display' | 'pages'> {
  readonly columns: readonly string[];
}

const MOST_TABLES_A_QUERY = 50;
const MOST_PAGES_A_QUERY = 1_000;

/** Counts, and at the level `content` hashes, the rows of each table, in the open transaction of `session`. */
export async function proveTables(
  session: Queryable,
  tables: readonly TableToProve[],
  level: ProofLevel,
): Promise<TableProof[]> {
  if (level === 'none') return tables.map(({ display }) => ({ name: display }));
  const hash = level === 'content' ? await rowHash(session) : undefined;
  const proofs: TableProof[] = [];
  // Locks of indexes, which a query takes and a transaction keeps, are given back batch by batch: 5,000 tables with
  // their indexes would not fit into the server's lock table.
  await session.query('savepoint proof');
  for (const batch of batches(tables)) {
    proofs.push(...(await proveBatch(session, batch, hash)));
    await session.query('rollback to savepoint proof');
  }
  return proofs;
}

/** The columns of each table, by its oid, in their physical order: that of `t.*`. */
export async function listColumns(
  session: Queryable,
  tables: readonly Pick<SourceTable, 'oid'>[],
): Promise<Map<number, string[]>> {
  const { rows } = await session.query<{ oid: number; columns: string[] }>(
    `select attrelid::int8 as oid, array_agg(attname::text order by attnum) as columns
       from pg_catalog.pg_attribute
      where attrelid = any($1::oid[]) and attnum > 0 and not attisdropped
      group by attrelid`,
    [tables.map((table) => table.oid)],
  );
  return new Map(rows.map(({ oid, columns }) => [oid, columns]));
}

function* batches(tables: readonly TableToProve[]): Generator<TableToProve[]> {
  let batch: TableToProve[] = [];
  let pages = 0;
  for (const table of tables) {
    if (batch.length > 0 && (batch.length === MOST_TABLES_A_QUERY || pages + table.pages > MOST_PAGES_A_QUERY)) {
      yield batch;
      batch = [];
      pages = 0;
    }
    batch.push(table);
    pages += table.pages;
  }
  if (batch.length > 0) yield batch;
}

/** SQL for 64 bits of a text's hash, the same on every server whatever its encoding. */
async function rowHash(session: Queryable): Promise<(text: string) => string> {
  const { rows } = await session.query<{ encoding: string }>(`select pg_catalog.getdatabaseencoding() as encoding`);
  // SQL_ASCII knows no characters, only bytes: there is nothing to convert, and some of it may not be UTF-8.
  const bytes = (text: string) => (rows[0]?.encoding === 'SQL_ASCII' ? text : `convert_to(${text}, 'UTF8')`);
  return (text) => hashOf(bytes(text));
}

const hashOf = (bytes: string) => `('x' || left(md5(${bytes}), 16))::bit(64)::bigint`;

async function proveBatch(
  session: Queryable,
  tables: readonly TableToProve[],
  hash: ((text: string) => string) | undefined,
): Promise<TableProof[]> {
  const queries = tables.map(({ schema, name, display, columns }, position) => {
    const row = `row(${columns.map((column) => `t.${quoteIdentifier(column)}`).join(', ')})::text`;
    const sum = hash ? `coalesce(sum(${hash(row)}), 0)::text` : 'null';
    return (
      `select ${position} as position, ${quoteLiteral(display)} as name, count(*) as rows, ${sum} as hash ` +
      `from only ${quoteQualified(schema, name)} as t`
    );
  });
  const { rows } = await session.query<{ position: number; name: string; rows: number; hash: string | null }>(
    `${queries.join(' union all ')} order by position`,
  );
  return rows.map(({ position, name, rows, hash }) => ({
    name,
    rows,
    ...(hash === null ? {} : { hash, columns: tables[position]?.columns ?? [] }),
  }));
}

/** The materialised views of the database, with hashes of their definitions as this server prints them. */
export async function listMaterializedViews(session: Queryable): Promise<Proof['materializedViews']> {
  const { rows } = await session.query<{ name: string; definition: string }>(
    `select pg_catalog.format('%I.%I', schemaname, matviewname) as name, definition
       from pg_catalog.pg_matviews
      order by schemaname collate "C", matviewname collate "C"`,
  );
  return rows.map(({ name, definition }) => ({
    name,
    definitionSha256: createHash('sha256').update(definition).digest('hex'),
  }));
}

/** Counts, and at the level `content` hashes, the large objects: all, or those that this transaction made. */
export async function proveLargeObjects(
  session: Queryable,
  level: ProofLevel,
  { own = false }: { readonly own?: boolean } = {},
): Promise<Proof['largeObjects']> {
  const which = own ? 'm.xmin = pg_catalog.pg_current_xact_id()::xid' : 'true';
  const { rows } = await session.query<{ count: number }>(
    `select count(*) as count from pg_catalog.pg_largeobject_metadata m where ${which}`,
  );
  const count = rows[0]?.count ?? 0;
  if (level !== 'content' || count === 0) return { count };
  // By chunks, because lo_get of a whole object stops at 1 GB; only the hashes are kept from one round to the next.
  const { rows: hashes } = await session.query<{ hash: string }>(
    `with recursive chunk(oid, position, length, hash) as (
       select m.oid, 0::bigint, length(c.data), ${hashOf('c.data')}
         from pg_catalog.pg_largeobject_metadata m, lateral (select lo_get(m.oid, 0, 1048576) offset 0) c(data)
        where ${which}
       union all
       select p.oid, p.position + 1, length(c.data), ${hashOf('c.data')}
         from chunk p, lateral (select lo_get(p.oid, (p.position + 1) * 1048576, 1048576) offset 0) c(data)
        where p.length = 1048576)
     select sum(${hashOf("oid || ':' || position || ':' || hash")})::text as hash from chunk`,
  );
  return { count, ...(hashes[0] ? { hash: hashes[0].hash } : {}) };
}

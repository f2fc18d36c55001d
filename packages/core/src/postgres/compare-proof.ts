import type { Queryable } from './database.ts';
import {
  listColumns,
  listMaterializedViews,
  listSequences,
  type Proof,
  type ProofLevel,
  proveLargeObjects,
  proveTables,
  type TableToProve,
} from './proof.ts';
import { listSourceTables, type SourceTable } from './source-tables.ts';

/** What one thing should hold and does; `found` is null where it is not there. */
export interface Compared<T> {
  readonly name: string;
  readonly expected: T;
  readonly found: T | null;
  readonly equal: boolean;
}

export interface RowsAndHash {
  readonly rows?: number;
  readonly hash?: string;
}

/** A proof held against a database. */
export interface Comparison {
  /** Whether everything agrees. */
  readonly equal: boolean;
  /** How closely was looked: never closer than the proof was taken. */
  readonly level: ProofLevel;
  readonly tables: readonly (Compared<RowsAndHash> & { readonly columns?: readonly string[] })[];
  /** Equal when they have got at least as far as the proof says. */
  readonly sequences: readonly Compared<string | null>[];
  readonly materializedViews: readonly Compared<string>[];
  readonly largeObjects?: Compared<{ readonly count: number; readonly hash?: string }>;
}

/** How many rows were compared, or undefined where they were not counted. */
export function rowsOf({ tables }: Pick<Comparison, 'tables'>): number | undefined {
  if (tables.some(({ found }) => found?.rows === undefined)) return undefined;
  return tables.reduce((sum, { found }) => sum + (found?.rows ?? 0), 0);
}

export interface CompareOptions {
  readonly level: ProofLevel;
  /** Tables as SQL writes them; all of the proof's where absent. Then also what belongs to no table. */
  readonly tables?: ReadonlySet<string> | undefined;
  /** Whether large objects that were there before do not count: in the transaction that restored. */
  readonly ownLargeObjects?: boolean;
  /** Whether the server prints definitions as the source's did: of the same major. */
  readonly definitions: boolean;
}

const LEVELS: readonly ProofLevel[] = ['none', 'counts', 'content'];

/** Looks at the database in the open transaction of `session`, which has `PROOF_SETTINGS`, and compares. */
export async function compareProof(session: Queryable, proof: Proof, options: CompareOptions): Promise<Comparison> {
  const level = LEVELS[Math.min(LEVELS.indexOf(proof.level), LEVELS.indexOf(options.level))] ?? 'none';
  const whole = options.tables === undefined;
  const standing = await listSourceTables(session);
  const tables = await compareTables(session, proof, standing, { ...options, level });
  const present = new Set(tables.filter(({ found }) => found).map(({ name }) => name));
  const owners = whole ? standing : standing.filter(({ display }) => present.has(display));
  const sequences = compareSequences(proof.sequences, await listSequences(session, owners, whole), whole);
  const materializedViews = whole ? await compareViews(session, proof, options) : [];
  const largeObjects =
    whole && proof.largeObjects ? await compareLargeObjects(session, proof, level, options) : undefined;
  const all = [...tables, ...sequences, ...materializedViews, ...(largeObjects ? [largeObjects] : [])];
  return {
    equal: all.every(({ equal }) => equal),
    level,
    tables,
    sequences,
    materializedViews,
    ...(largeObjects ? { largeObjects } : {}),
  };
}

async function compareTables(
  session: Queryable,
  proof: Proof,
  standing: readonly SourceTable[],
  { level, tables: only }: CompareOptions,
): Promise<Comparison['tables']> {
  const byName = new Map(standing.map((table) => [table.display, table]));
  const wanted = proof.tables.filter(({ name }) => only?.has(name) ?? true);
  const there = wanted.flatMap(({ name }) => byName.get(name) ?? []);
  const columns = level === 'content' ? await listColumns(session, there) : undefined;
  const toProve: TableToProve[] = [];
  for (const { name, columns: expected = [] } of wanted) {
    const table = byName.get(name);
    const found = table && columns?.get(table.oid);
    // In the proof's order, for a restore brings inherited columns first; of other columns no hash would agree.
    if (table && (!columns || sameColumns(expected, found ?? []))) toProve.push({ ...table, columns: expected });
  }
  const found = new Map((await proveTables(session, toProve, level)).map((table) => [table.name, table]));
  const compared = wanted.map(({ name, rows, hash }) => {
    const table = found.get(name);
    const expected = pick(level, rows, hash);
    const holds = table ? pick(level, table.rows, table.hash) : null;
    const standingTable = byName.get(name);
    return {
      name,
      expected,
      found: holds,
      equal: holds !== null && holds.rows === expected.rows && holds.hash === expected.hash,
      // A table that is there and was not looked at has other columns.
      ...(standingTable && !table ? { columns: columns?.get(standingTable.oid) ?? [] } : {}),
    };
  });
  return compared.every(({ equal }) => equal) ? compared : settlePartitions(session, compared, there);
}

/**
 * Rows of a table that is partitioned by a hash may come to lie in other partitions than they did: an enum's hash, for
 * one, is of numbers that the server gives out. Partitions that differ are equal where all of their family together
 * hold what they should.
 */
async function settlePartitions(
  session: Queryable,
  compared: Comparison['tables'],
  standing: readonly SourceTable[],
): Promise<Comparison['tables']> {
  const { rows } = await session.query<{ oid: number; root: number }>(
    `select t.oid::int8 as oid, pg_catalog.pg_partition_root(t.oid::pg_catalog.regclass)::oid::int8 as root
       from pg_catalog.unnest($1::oid[]) as t(oid)
      where pg_catalog.pg_partition_root(t.oid::pg_catalog.regclass) is not null`,
    [standing.map(({ oid }) => oid)],
  );
  const rootOf = new Map(rows.map(({ oid, root }) => [oid, root]));
  const families = new Map(standing.map(({ oid, display }) => [display, rootOf.get(oid)]));
  const totals = Map.groupBy(compared, ({ name }) => families.get(name));
  const settled = new Set(
    [...totals].filter(([root, family]) => root !== undefined && sameInAll(family)).map(([root]) => root),
  );
  return compared.map((table) => (settled.has(families.get(table.name)) ? { ...table, equal: true } : table));
}

function sameInAll(family: readonly Compared<RowsAndHash>[]): boolean {
  const total = (of: (table: Compared<RowsAndHash>) => RowsAndHash | null) => ({
    rows: family.reduce((sum, table) => sum + (of(table)?.rows ?? 0), 0),
    hash: family.reduce((sum, table) => sum + BigInt(of(table)?.hash ?? 0), 0n),
  });
  const expected = total((table) => table.expected);
  const found = total((table) => table.found);
  return family.every((table) => table.found) && expected.rows === found.rows && expected.hash === found.hash;
}

function pick(level: ProofLevel, rows: number | undefined, hash: string | undefined): RowsAndHash {
  return {
    ...(level === 'none' || rows === undefined ? {} : { rows }),
    ...(level !== 'content' || hash === undefined ? {} : { hash }),
  };
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === a.length;
}

/** A sequence moves on outside of any transaction, so the proof's value is a bound in the direction of its steps. */
function compareSequences(
  expected: Proof['sequences'],
  standing: Proof['sequences'],
  whole: boolean,
): Comparison['sequences'] {
  const byName = new Map(standing.map((sequence) => [sequence.name, sequence]));
  // Of some of the tables: the proof does not say whose a sequence is, the database does.
  const wanted = whole ? expected : expected.filter(({ name }) => byName.has(name));
  return wanted.map(({ name, increment, lastValue }) => {
    const found = byName.get(name);
    return {
      name,
      expected: lastValue,
      found: found?.lastValue ?? null,
      equal: found !== undefined && reaches(found.lastValue, lastValue, BigInt(increment) > 0n),
    };
  });
}

function reaches(found: string | null, bound: string | null, ascending: boolean): boolean {
  if (bound === null) return true;
  if (found === null) return false;
  return ascending ? BigInt(found) >= BigInt(bound) : BigInt(found) <= BigInt(bound);
}

async function compareViews(
  session: Queryable,
  proof: Proof,
  { definitions }: CompareOptions,
): Promise<Comparison['materializedViews']> {
  const found = new Map((await listMaterializedViews(session)).map((view) => [view.name, view.definitionSha256]));
  return proof.materializedViews.map(({ name, definitionSha256 }) => {
    const definition = found.get(name) ?? null;
    return {
      name,
      expected: definitionSha256,
      found: definition,
      equal: definition !== null && (!definitions || definition === definitionSha256),
    };
  });
}

async function compareLargeObjects(
  session: Queryable,
  { largeObjects }: Proof,
  level: ProofLevel,
  { ownLargeObjects = false }: CompareOptions,
): Promise<NonNullable<Comparison['largeObjects']> | undefined> {
  if (!largeObjects) return undefined;
  const expected = level === 'content' ? largeObjects : { count: largeObjects.count };
  const found = (await proveLargeObjects(session, level, { own: ownLargeObjects })) ?? { count: 0 };
  return {
    name: 'large objects',
    expected,
    found,
    equal: found.count === expected.count && found.hash === expected.hash,
  };
}

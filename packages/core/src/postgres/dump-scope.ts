import type { Queryable } from './database.ts';
import { withDescendants } from './select-tables.ts';
import { findRelationSet } from './source-checks.ts';
import { listSourceTables, type RelationName, type SourceTable } from './source-tables.ts';

/** What a dump carries, and what a dump of the whole database must leave out by name. */
export interface DumpScope {
  readonly tables: readonly SourceTable[];
  readonly excluded: readonly (RelationName & { readonly oid: number })[];
}

export interface ScopeRequest {
  /** Tables that are never dumped, in every schema where the table `marker` stands beside them. */
  readonly leaveOut: { readonly tables: readonly string[]; readonly marker: string };
  /** The tables asked for, without their partitions; null for the whole database. */
  readonly selection: readonly RelationName[] | null;
}

/** Resolves the request against the database as it is. Throws `NotFound` when a table of the selection is gone. */
export async function resolveScope(db: Queryable, { leaveOut, selection }: ScopeRequest): Promise<DumpScope> {
  const excluded = await findRelationSet(db, leaveOut.tables, leaveOut.marker);
  const all = await listSourceTables(db, excluded);
  return { tables: selection ? await withDescendants(db, all, selection) : all, excluded };
}

import type { TocEntry } from '../postgres/archive-toc.ts';
import { withDependencies, withPartitions } from '../postgres/entry-closure.ts';
import { findTable, foreignKeysOut, selectBelongings, withoutEntries } from '../postgres/select-entries.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { Part } from './open-archive.ts';
import type { RestorePlan } from './restore-plan.ts';

/** What the target has already, and a restore leaves as it is. */
export interface AlreadyThere {
  readonly schemas: readonly string[];
  readonly extensions: readonly string[];
}

export interface ArchiveEntries {
  /** What is restored, in the archive's order. */
  readonly entries: readonly TocEntry[];
  /** Whether that is all that the archive has. */
  readonly all: boolean;
  /** What is left out of what was asked for, for people. */
  readonly warnings: readonly string[];
}

/** What decides about entries. */
export interface Choice {
  readonly mode: RestorePlan['mode'];
  readonly policies: boolean;
  readonly intoSchema: string | null;
  readonly selected: readonly RelationName[] | null;
  /** Whether the dump itself is of selected tables. */
  readonly partial: boolean;
}

export function choiceOf({ mode, policies, intoSchema, tables, manifest }: RestorePlan): Choice {
  return { mode, policies, intoSchema, selected: tables?.selected ?? null, partial: manifest.selection !== null };
}

/**
 * The entries of an archive that a restore takes. Selected tables bring their partitions, and into a database that has
 * nothing yet, or a schema of their own, what they stand on: types, functions, sequences; foreign keys to tables that
 * do not come along are left out there.
 */
export function chooseEntries(
  toc: readonly TocEntry[],
  { mode, selected: names, policies, intoSchema, partial }: Choice,
  there: AlreadyThere,
): ArchiveEntries {
  // What the tables stand on is there under the names that the dump knows, unless they go elsewhere.
  const amongTheirs = mode === 'in-place' && intoSchema === null;
  const leftToTarget = withoutEntries(toc, there);
  const open = policies ? leftToTarget : withoutPolicies(leftToTarget);
  if (names === null && (amongTheirs || !partial)) {
    return { entries: open, all: open.length === toc.length, warnings: [] };
  }
  const selected = names ? selectBelongings(toc, withPartitions(toc, findAll(toc, names))) : toc;
  const alone = amongTheirs ? [] : foreignKeysOut(selected, toc).map(({ entry }) => entry);
  const kept = selected.filter((entry) => !alone.includes(entry));
  const wanted = new Set((amongTheirs ? kept : withDependencies(kept, toc)).map(({ id }) => id));
  return {
    entries: open.filter(({ id }) => wanted.has(id)),
    all: false,
    warnings: alone.map(({ name }) => `left out, for its table is not restored: foreign key ${name}`),
  };
}

/**
 * What the tables among `entries` stand on, from the definitions of the whole database that lie beside the dump of some
 * of its tables. Two archives of one database print a table alike.
 */
export function chooseFoundations(
  whole: readonly TocEntry[],
  entries: readonly TocEntry[],
  there: AlreadyThere,
): TocEntry[] {
  const names = new Set(entries.filter(({ kind }) => kind === 'TABLE').map(({ name }) => name));
  const tables = whole.filter(({ kind, name }) => kind === 'TABLE' && names.has(name));
  const own = selectBelongings(whole, tables);
  const standing = new Set(
    withDependencies(own, whole)
      .filter((entry) => !own.includes(entry))
      .map(({ id }) => id),
  );
  return withoutEntries(whole, there).filter(({ id }) => standing.has(id));
}

function findAll(toc: readonly TocEntry[], names: readonly RelationName[]): TocEntry[] {
  return names.flatMap((name) => findTable(toc, name) ?? []);
}

function withoutPolicies(toc: readonly TocEntry[]): TocEntry[] {
  const out = new Set(toc.filter(({ kind }) => kind === 'POLICY' || kind === 'ROW SECURITY').map(({ id }) => id));
  return toc.filter(({ id, dependsOn }) => !out.has(id) && !dependsOn.some((on) => out.has(on)));
}

/** What comes with the rows or after them, and privileges, which may take a right away that loading needs. */
const AFTER_DEFINITIONS = new Set([
  'TABLE DATA',
  'SEQUENCE SET',
  'STATISTICS DATA',
  'MATERIALIZED VIEW DATA',
  'INDEX',
  'INDEX ATTACH',
  'CONSTRAINT',
  'CHECK CONSTRAINT',
  'FK CONSTRAINT',
  'TRIGGER',
  'RULE',
  'POLICY',
  'ROW SECURITY',
  'STATISTICS',
  'EVENT TRIGGER',
  'PUBLICATION',
  'PUBLICATION TABLE',
  'PUBLICATION TABLES IN SCHEMA',
  'SUBSCRIPTION',
  'SUBSCRIPTION TABLE',
  'ACL',
  'DEFAULT ACL',
]);

/** The entries by the parts in which they are restored, each in the archive's order. */
export function splitEntries(entries: readonly TocEntry[]): Record<Part, TocEntry[]> {
  const parts: Record<Part, TocEntry[]> = { definitions: [], 'large objects': [], rows: [] };
  const late = new Set<number>();
  for (const entry of entries) {
    const { id, kind, dependsOn } = entry;
    // What is said of something comes after it; a domain's check or a view's rule that others stand on comes with them.
    const isLate = AFTER_DEFINITIONS.has(kind) || dependsOn.some((on) => late.has(on));
    if (isLate) late.add(id);
    parts[kind === 'BLOBS' ? 'large objects' : isLate ? 'rows' : 'definitions'].push(entry);
  }
  return parts;
}

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

/**
 * The entries of an archive that a restore in this mode takes. Selected tables bring their partitions, and into a
 * database that has nothing yet what they stand on: schemas, types, functions; foreign keys to tables that do not come
 * along are left out there.
 */
export function chooseEntries(
  toc: readonly TocEntry[],
  mode: RestorePlan['mode'],
  tables: readonly RelationName[] | null,
  there: AlreadyThere,
): ArchiveEntries {
  const leftToTarget = mode === 'create' ? toc : withoutEntries(toc, there);
  if (tables === null) return { entries: leftToTarget, all: leftToTarget.length === toc.length, warnings: [] };

  const roots = tables.flatMap((table) => findTable(toc, table) ?? []);
  const selected = selectBelongings(toc, withPartitions(toc, roots));
  const alone = mode === 'in-place' ? [] : foreignKeysOut(selected, toc).map(({ entry }) => entry);
  const kept = selected.filter((entry) => !alone.includes(entry));
  const wanted = new Set((mode === 'in-place' ? kept : withDependencies(kept, toc)).map(({ id }) => id));
  return {
    entries: leftToTarget.filter(({ id }) => wanted.has(id)),
    all: false,
    warnings: alone.map(({ name }) => `left out, for its table is not restored: foreign key ${name}`),
  };
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

import { AppError } from '../errors.ts';
import type { TocEntry } from './archive-toc.ts';
import { quoteQualified } from './quote.ts';
import type { RelationName } from './source-tables.ts';

const RELATIONS = new Set(['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE']);

/** A table of the archive. Throws `InvalidInput` where the archive has two that its list prints alike. */
export function findTable(toc: readonly TocEntry[], { schema, name }: RelationName): TocEntry | undefined {
  return finder(toc, 'TABLE')(schema, name);
}

/** `selectBelongings` of the tables of these names. Throws `NotFound`, and as `findTable`. */
export function selectTables(toc: readonly TocEntry[], tables: readonly RelationName[]): TocEntry[] {
  const find = finder(toc, 'TABLE');
  const entries = tables.map(({ schema, name }) => {
    const entry = find(schema, name);
    if (entry) return entry;
    throw new AppError('NotFound', `the archive has no table ${quoteQualified(schema, name)}`);
  });
  return selectBelongings(toc, entries);
}

/**
 * The entries `tables`, which are of kind TABLE, with all that belongs to them: rows, indexes, constraints, foreign
 * keys, defaults, triggers, rules, policies, extended statistics, the sequences that they own, comments, privileges,
 * labels, planner statistics. In the archive's order.
 *
 * Not selected: what depends on them (views, foreign keys of other tables), what they depend on (types, functions,
 * schemas, sequences of others), publications. A partition is a table of its own, and is attached where its parent is
 * selected as well; so is what it has from its parent only (foreign keys, row triggers).
 */
export function selectBelongings(toc: readonly TocEntry[], tables: readonly TocEntry[]): TocEntry[] {
  const roots = new Set(tables.map(({ id }) => id));
  const relationsOf = relationFinder(toc);
  const selected = new Set(roots);
  // Once is enough: an archive has nothing before what it depends on.
  for (const entry of toc) if (belongs(entry)) selected.add(entry.id);
  return toc.filter(({ id }) => selected.has(id));

  function belongs(entry: TocEntry): boolean {
    const isRoot = (relation: TocEntry | undefined) => relation !== undefined && roots.has(relation.id);
    switch (entry.kind) {
      case 'TABLE DATA':
      case 'ROW SECURITY':
      case 'SEQUENCE':
        return relationsOf(entry).some(isRoot);
      case 'TABLE ATTACH':
      case 'INDEX ATTACH': {
        const family = relationsOf(entry);
        return family.length > 1 && family.every(isRoot);
      }
      case 'INDEX':
      case 'STATISTICS':
        // An expression over a row of another table depends on both; so does its own, which comes after the other.
        return isRoot(relationsOf(entry).at(-1));
      case 'CONSTRAINT':
      case 'CHECK CONSTRAINT':
      case 'FK CONSTRAINT':
      case 'DEFAULT':
      case 'TRIGGER':
      case 'RULE':
      case 'POLICY':
        return isRoot(holderOf(entry, relationsOf(entry)));
      case 'COMMENT':
      case 'ACL':
      case 'SECURITY LABEL':
      case 'SEQUENCE OWNED BY':
      case 'SEQUENCE SET':
      case 'STATISTICS DATA':
        return entry.dependsOn.some((id) => selected.has(id));
      default:
        return false;
    }
  }
}

/**
 * All entries but those of schemas and extensions that the target has already, with their comments and labels, which
 * are for their owners to set. Privileges on a schema stay. Names that the archive does not have change nothing.
 */
export function withoutEntries(
  toc: readonly TocEntry[],
  there: { readonly schemas?: readonly string[]; readonly extensions?: readonly string[] },
): TocEntry[] {
  const schema = finder(toc, 'SCHEMA');
  const extension = finder(toc, 'EXTENSION');
  const out = new Set([
    ...(there.schemas ?? []).map((name) => schema('-', name)?.id),
    ...(there.extensions ?? []).map((name) => extension('-', name)?.id),
  ]);
  const isOfOne = ({ kind, dependsOn }: TocEntry) =>
    (kind === 'COMMENT' || kind === 'SECURITY LABEL') && dependsOn.some((id) => out.has(id));
  return toc.filter((entry) => !out.has(entry.id) && !isOfOne(entry));
}

/** A foreign key of a selected table that points at a table outside of the selection. */
export interface ForeignKeyOut {
  readonly entry: TocEntry;
  /** What it points at; undefined where the archive does not have it either. */
  readonly target: TocEntry | undefined;
}

/** The foreign keys among `entries`, a selection of `toc`, whose target the restore itself does not bring. */
export function foreignKeysOut(entries: readonly TocEntry[], toc: readonly TocEntry[]): ForeignKeyOut[] {
  const byId = new Map(toc.map((entry) => [entry.id, entry]));
  const selected = new Set(entries.map(({ id }) => id));
  const relationsOf = relationFinder(toc);
  return entries.flatMap((entry) => {
    if (entry.kind !== 'FK CONSTRAINT') return [];
    const tables = relationsOf(entry);
    const holder = holderOf(entry, tables);
    const target = tables.find((table) => table !== holder);
    // One of a table upon itself depends on that table's own key.
    const isOwnKey = (id: number) => holder !== undefined && byId.get(id)?.dependsOn.includes(holder.id) === true;
    const isIn = target ? selected.has(target.id) : entry.dependsOn.some(isOwnKey);
    return isIn ? [] : [{ entry, target }];
  });
}

/** Finds the relations that an entry depends on, each once, in the archive's order. */
function relationFinder(toc: readonly TocEntry[]): (entry: TocEntry) => TocEntry[] {
  const positions = new Map(toc.map(({ id }, position) => [id, position]));
  return ({ dependsOn }) =>
    [...new Set(dependsOn.map((id) => positions.get(id) ?? -1))]
      .sort((a, b) => a - b)
      .flatMap((position) => toc[position] ?? [])
      .filter(({ kind }) => RELATIONS.has(kind));
}

/**
 * The one of `relations` that a constraint, trigger or rule stands on: its entry prints as the relation's does, with
 * its own name before the owner. Where that is true of two, `order` and `order lines`, it is the longer.
 */
function holderOf({ name }: TocEntry, relations: readonly TocEntry[]): TocEntry | undefined {
  let holder: TocEntry | undefined;
  let longest = 0;
  for (const relation of relations) {
    for (let at = relation.name.lastIndexOf(' '); at > longest; at = relation.name.lastIndexOf(' ', at - 1)) {
      const fits = name.startsWith(relation.name.slice(0, at + 1)) && name.endsWith(relation.name.slice(at));
      if (!fits || name.length < relation.name.length + 2) continue;
      longest = at;
      holder = relation;
    }
  }
  return holder;
}

/** Finds an entry of one kind by its schema and name. Throws `InvalidInput` when two print alike. */
function finder(toc: readonly TocEntry[], kind: string): (schema: string, name: string) => TocEntry | undefined {
  const candidates = toc.filter((entry) => entry.kind === kind);
  // What stands last of three words is an owner. One of several words is believed unless it ends in such a one: then
  // what comes before is the end of a longer name.
  const owners = new Set(toc.map((entry) => /^\S+ \S+ (\S*)$/.exec(entry.name)?.[1]));
  const isOwner = (text: string) => !text.includes(' ') || !owners.has(text.slice(text.lastIndexOf(' ') + 1));
  return (schema, name) => {
    const start = `${schema} ${name} `.replaceAll(/[\r\n]/g, ' ');
    const likely = candidates.filter(
      (entry) => entry.name.startsWith(start) && isOwner(entry.name.slice(start.length)),
    );
    const certain = likely.filter((entry) => !entry.name.includes(' ', start.length));
    const found = certain.length > 0 ? certain : likely;
    if (found.length < 2) return found[0];
    const lines = found.map(({ line }) => line);
    throw new AppError(
      'InvalidInput',
      `${lines.length} entries of the archive may be ${quoteQualified(schema, name)}: ${lines.join(' and ')}`,
      { entries: lines },
    );
  };
}

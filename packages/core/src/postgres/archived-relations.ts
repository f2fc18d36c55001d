import type { TocEntry } from './archive-toc.ts';
import type { RelationName } from './source-tables.ts';

const KINDS = new Set(['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE']);

/** Names by which an archive's list, which quotes none, can be taken apart. */
export interface KnownNames {
  readonly schemas: Iterable<string>;
  readonly owners: readonly string[];
}

/**
 * The tables and views among the entries. Where the list can be read in more than one way, for names that hold spaces,
 * each of them is given: what is not there does no harm to whoever looks for what must not be missed.
 */
export function archivedRelations(entries: readonly TocEntry[], known: KnownNames): RelationName[] {
  const schemas = new Set(known.schemas);
  const relations = new Map<string, RelationName>();
  for (const { kind, name: printed } of entries) {
    if (!KINDS.has(kind)) continue;
    for (let space = printed.indexOf(' '); space !== -1; space = printed.indexOf(' ', space + 1)) {
      const schema = printed.slice(0, space);
      if (!schemas.has(schema)) continue;
      for (const name of withoutOwner(printed.slice(space + 1), known.owners)) {
        relations.set(JSON.stringify([schema, name]), { schema, name });
      }
    }
  }
  return [...relations.values()];
}

/** The schemas that the archive makes. */
export function archivedSchemas(toc: readonly TocEntry[], owners: readonly string[]): string[] {
  return toc
    .filter(({ kind, name }) => kind === 'SCHEMA' && name.startsWith('- '))
    .flatMap(({ name }) => withoutOwner(name.slice(2), owners));
}

function withoutOwner(printed: string, owners: readonly string[]): string[] {
  const names = owners
    .filter((owner) => printed.endsWith(` ${owner}`))
    .map((owner) => printed.slice(0, -owner.length - 1));
  // An owner that nobody has named, or none.
  return names.length > 0 ? names : [printed.trimEnd(), printed.replace(/ \S*$/, '')];
}

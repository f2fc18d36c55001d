import type { TocEntry } from './archive-toc.ts';

/** What holds rows, or shows them, and the parts of such: none of it is brought along for another's sake. */
const ROWS = new Set(
  (
    'TABLE,VIEW,MATERIALIZED VIEW,FOREIGN TABLE,TABLE DATA,BLOB,BLOBS,BLOB METADATA,CONSTRAINT,FK CONSTRAINT,INDEX,' +
    'TABLE ATTACH,INDEX ATTACH,TRIGGER,RULE,POLICY,ROW SECURITY,DEFAULT'
  ).split(','),
);
/** What says something of an entry, and comes along with it. */
const SAID = new Set(['COMMENT', 'ACL', 'SECURITY LABEL']);

/**
 * `entries` with what they stand on, at any depth: schemas, types, functions, extensions, sequences; no other tables or
 * views. In the archive's order.
 */
export function withDependencies(entries: readonly TocEntry[], toc: readonly TocEntry[]): TocEntry[] {
  const byId = new Map(toc.map((entry) => [entry.id, entry]));
  const wanted = new Set(entries.map(({ id }) => id));
  const open = [...entries];
  for (let entry = open.pop(); entry; entry = open.pop()) {
    for (const id of entry.dependsOn) {
      const needed = byId.get(id);
      if (!needed || wanted.has(id) || ROWS.has(needed.kind)) continue;
      wanted.add(id);
      open.push(needed);
    }
  }
  const selected = new Set(entries.map(({ id }) => id));
  return toc.filter(
    ({ id, kind, dependsOn }) =>
      wanted.has(id) ||
      (SAID.has(kind) && dependsOn.length > 0 && dependsOn.every((on) => wanted.has(on) && !selected.has(on))),
  );
}

/** The tables `roots` with all their partitions, at any depth. */
export function withPartitions(toc: readonly TocEntry[], roots: readonly TocEntry[]): TocEntry[] {
  const tables = toc.filter(({ kind }) => kind === 'TABLE');
  const attached = toc.filter(({ kind }) => kind === 'TABLE ATTACH');
  const family = new Set(roots.map(({ id }) => id));
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { name, dependsOn } of attached) {
      // It prints as the partition does, and depends on that and on its parent.
      const pair = tables.filter(({ id }) => dependsOn.includes(id));
      if (pair.some((table) => table.name !== name && family.has(table.id))) {
        for (const table of pair) if (table.name === name) family.add(table.id);
      }
    }
  }
  return tables.filter(({ id }) => family.has(id));
}

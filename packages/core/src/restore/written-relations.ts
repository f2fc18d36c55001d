import type { Manifest } from '../catalog/manifest.ts';
import type { TocEntry } from '../postgres/archive-toc.ts';
import { archivedRelations, archivedSchemas } from '../postgres/archived-relations.ts';
import type { Proof } from '../postgres/proof.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import type { RelationName } from '../postgres/source-tables.ts';

interface Restored {
  readonly proof: Proof;
  readonly roles: Manifest['roles'];
  /** The archive's list, and what is restored of it; undefined for a script. */
  readonly toc: readonly TocEntry[] | undefined;
  readonly entries: readonly TocEntry[] | undefined;
  /** The tables of the proof that are restored; all of them where undefined. */
  readonly proven: readonly string[] | undefined;
  readonly fromSchema: string | null;
  readonly intoSchema: string | null;
}

/** The tables and views that a restore makes, or makes anew, as the target calls them. */
export function writtenRelations({
  proof,
  roles,
  toc,
  entries,
  proven,
  fromSchema,
  intoSchema,
}: Restored): RelationName[] {
  const proved = (proven ?? proof.tables.map(({ name }) => name)).map(relationOf);
  const views = proven ? [] : proof.materializedViews.map(({ name }) => relationOf(name));
  const { owners } = roles;
  const schemas = [
    'public',
    ...archivedSchemas(toc ?? [], owners),
    ...[...proof.tables, ...proof.materializedViews].map(({ name }) => relationOf(name).schema),
  ];
  const listed = archivedRelations(entries ?? [], { schemas, owners });
  const moved = [...proved, ...views, ...listed].map((relation) =>
    intoSchema !== null && relation.schema === fromSchema ? { ...relation, schema: intoSchema } : relation,
  );
  return [...new Map(moved.map((relation) => [JSON.stringify([relation.schema, relation.name]), relation])).values()];
}

function relationOf(display: string): RelationName {
  const { schema = 'public', name } = parseTableName(display);
  return { schema, name };
}

import type { Queryable } from './database.ts';

/** An object of a database, or a part of one. */
export interface InventoryItem {
  /** As the server describes it, with its schema: `view public.v`. */
  readonly identity: string;
  readonly oid: number;
  /** The table or view whose part it is: a column, an index, a constraint, a trigger, a policy. */
  readonly relation: number | null;
  /** Whether a dump makes it after the rows are in: its absence before says nothing. */
  readonly late: boolean;
}

/** Catalogs of what stands for itself. */
const OBJECTS = [
  ['pg_class', `relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and relpersistence <> 't'`],
  ['pg_proc', 'true'],
  ['pg_type', `typelem = 0 and typrelid = 0`],
  ['pg_namespace', `nspname !~ '^pg_'`],
  ['pg_extension', 'true'],
  ['pg_operator', 'true'],
  ['pg_opclass', 'true'],
  ['pg_opfamily', 'true'],
  ['pg_cast', 'true'],
  ['pg_collation', 'true'],
  ['pg_conversion', 'true'],
  ['pg_ts_config', 'true'],
  ['pg_ts_dict', 'true'],
  ['pg_ts_parser', 'true'],
  ['pg_ts_template', 'true'],
  ['pg_foreign_data_wrapper', 'true'],
  ['pg_foreign_server', 'true'],
  ['pg_language', 'true'],
  ['pg_transform', 'true'],
  ['pg_am', 'true'],
] as const;
/** The same, of what dumps make last. */
const LATE_OBJECTS = ['pg_event_trigger', 'pg_publication', 'pg_publication_rel'] as const;
/** Catalogs of parts, and the column that tells of which relation. */
const PARTS = [
  ['pg_constraint', 'conrelid', 'conrelid <> 0'],
  ['pg_trigger', 'tgrelid', 'not tgisinternal'],
  ['pg_policy', 'polrelid', 'true'],
  ['pg_rewrite', 'ev_class', `rulename <> '_RETURN'`],
  ['pg_attrdef', 'adrelid', 'true'],
  ['pg_statistic_ext', 'stxrelid', 'true'],
] as const;

/** Everything that users made in the database as the session sees it; members of extensions apart. */
export async function takeInventory(session: Queryable): Promise<InventoryItem[]> {
  const select = (catalog: string, relation: string, late: boolean, condition: string) =>
    `select '${catalog}'::pg_catalog.regclass as classid, o.oid, 0 as sub, ${relation} as relation, ${late} as late
       from pg_catalog.${catalog} o where o.oid >= 16384 and (${condition})`;
  const sources = [
    ...OBJECTS.map(([catalog, condition]) => select(catalog, 'null::oid', false, condition)),
    ...LATE_OBJECTS.map((catalog) => select(catalog, 'null::oid', true, 'true')),
    ...PARTS.map(([catalog, relation, condition]) => select(catalog, `o.${relation}`, false, condition)),
    `select 'pg_class'::pg_catalog.regclass, i.indexrelid, 0, i.indrelid, false
       from pg_catalog.pg_index i where i.indexrelid >= 16384`,
    `select 'pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, a.attrelid, false
       from pg_catalog.pg_attribute a
       join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
      where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped`,
  ];
  const { rows } = await session.query<InventoryItem>(
    `select i.type || ' ' || i.identity as identity, o.oid::int8 as oid, o.relation::int8 as relation, o.late
       from (${sources.join(' union all ')}) o
       cross join lateral pg_catalog.pg_identify_object(o.classid, o.oid, o.sub) i
      where coalesce(i.schema, '') !~ '^pg_toast'
        and not exists (select from pg_catalog.pg_depend d
                         where d.deptype = 'e' and d.classid = o.classid and d.objid in (o.oid, o.relation))`,
  );
  return rows;
}

/**
 * What of `before` is no more in `after`, and was not replaced: objects without a successor of their name, and parts of
 * relations that are still the same ones. With `early`, before the rows are in, only what must be there by then.
 */
export function findMissing(
  before: readonly InventoryItem[],
  after: readonly InventoryItem[],
  { early }: { readonly early: boolean },
): string[] {
  const standing = new Set(after.map(({ identity }) => identity));
  const oids = new Set(after.map(({ oid }) => oid));
  const gone = before.filter(({ identity, relation, late }) => {
    if (standing.has(identity) || (early && late)) return false;
    // A part goes with its relation, and what the relation's successor has is for the dump to say.
    return relation === null || oids.has(relation);
  });
  return [...new Set(gone.map(({ identity }) => identity))].sort();
}

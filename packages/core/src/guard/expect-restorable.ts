import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RelationName } from '../postgres/source-tables.ts';

const LONGEST_SHOWN = 20;

/**
 * Throws `InvalidInput` with the foreign keys and the views that hang on the tables, and are of others: a restore of these
 * tables alone would have to drop them, and cascades nothing (docs/restore.md). What could not be undone is not begun.
 */
export async function expectRestorable(db: Queryable, step: string, tables: readonly RelationName[]): Promise<void> {
  const { rows } = await db.query<{ identity: string }>(
    `with recursive own(oid) as (
       select c.oid from unnest($1::text[], $2::text[]) as t(schema, name)
         join pg_catalog.pg_namespace n on n.nspname = t.schema
         join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
       union select i.inhrelid from pg_catalog.pg_inherits i join own on own.oid = i.inhparent),
     dependent(classid, oid) as (
       select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid from pg_catalog.pg_constraint k
        where k.contype = 'f' and k.confrelid in (select oid from own) and k.conrelid not in (select oid from own)
       union
       select 'pg_catalog.pg_class'::pg_catalog.regclass, r.ev_class from pg_catalog.pg_depend d
         join pg_catalog.pg_rewrite r on r.oid = d.objid
        where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and d.refobjid in (select oid from own) and r.ev_class not in (select oid from own))
     select i.type || ' ' || i.identity as identity
       from dependent d cross join lateral pg_catalog.pg_identify_object(d.classid, d.oid, 0) i order by 1`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
  if (rows.length === 0) return;
  const shown = rows.slice(0, LONGEST_SHOWN).map(({ identity }) => identity);
  const dependents = `${shown.join('; ')}${rows.length > LONGEST_SHOWN ? '; …' : ''}`;
  throw new AppError(
    'InvalidInput',
    `step ${step} could not be undone, for what hangs on its tables is not among them: ${dependents}. Name these tables ` +
      'among those of the step (DATASENS_STEPS), or have nothing hang on them',
    { dependents: rows.map(({ identity }) => identity) },
  );
}

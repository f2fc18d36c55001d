import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { type FoundTable, t38Differences } from './t38-differences.ts';

/**
 * Checks a t38_dump_audit that somebody else has created in `schema`; where there is none, there is nothing to check.
 * Throws `ConfigError` with every difference that matters and its remedy, `NotAllowed` when another role owns it.
 */
export async function expectAdoptable(db: Queryable, schema: string): Promise<void> {
  const found = await findTable(db, schema);
  if (!found) return;
  const differences = t38Differences(found);
  if (differences.length > 0) {
    throw new AppError(
      'ConfigError',
      `the t38_dump_audit in the schema ${schema} cannot serve as the audit table:\n${differences.map((line) => `- ${line}`).join('\n')}\nRun these statements, or rename the table to start with an empty one`,
      { differences },
    );
  }
  if (!found.owned) {
    throw new AppError(
      'NotAllowed',
      `t38_dump_audit belongs to ${found.owner}, and only its owner may add the index that listings need. As ${found.owner}, run datasens migrate or: grant ${found.owner} to the role of the connection`,
    );
  }
}

type Found = FoundTable & { readonly owner: string; readonly owned: boolean };

async function findTable(db: Queryable, schema: string): Promise<Found | undefined> {
  const { rows } = await db.query<Found>(
    `select c.relkind::text as kind, c.relowner::regrole::text as owner,
            pg_has_role(c.relowner, 'USAGE') as owned,
            (select coalesce(json_agg(json_build_object(
                      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'required', a.attnotnull,
                      'hasDefault', a.atthasdef or a.attidentity <> '') order by a.attnum), '[]')
             from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
            array(select a.attname::text
                  from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
                  where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indnkeyatts = 1
                        and i.indpred is null) as "unique",
            exists (select from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
                    where d.refobjid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
                          and a.attname = 'dump_id') as counted,
            (select coalesce(json_agg(json_build_object(
                      'name', quote_ident(conname), 'definition', pg_get_constraintdef(k.oid))), '[]')
             from pg_constraint k join pg_attribute a on a.attrelid = c.oid and k.conkey = array[a.attnum]
             where k.conrelid = c.oid and k.contype = 'c' and a.attname = 'statut') as "statusChecks"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = 't38_dump_audit'`,
    [schema],
  );
  return rows[0];
}

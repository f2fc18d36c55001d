import type { Queryable } from '../postgres/database.ts';
import { type DumpRow, selectDumps } from './dump-row.ts';

/**
 * The newest dump of each lineage that can be restored: neither deleted nor past its term at `now`. The lineage is the
 * key without the dump's own folder (design, section 4).
 */
export async function listNewestDumps(db: Queryable, now: Date): Promise<(DumpRow & { readonly lineage: string })[]> {
  const lineage = `regexp_replace(chemin, '/[^/]+/[^/]+$', '')`;
  return selectDumps<{ readonly lineage: string }>(
    db,
    `where dump_id in (
       select distinct on (${lineage}) dump_id from t38_dump_audit
        where type = 'SQL' and statut in ('ACTIF', 'ARCHIVE') and (date_expiration is null or date_expiration > $1)
          and chemin like 'dumps/SQL/%'
          and dump_id > (select (detail::json ->> 'legacyMaxDumpId')::bigint from t39_dump_evenement where seq = 1)
        order by ${lineage}, date_creation desc, dump_id desc)
     order by dump_id`,
    [now.toISOString().replace('Z', '')],
    [`${lineage} as lineage`],
  );
}

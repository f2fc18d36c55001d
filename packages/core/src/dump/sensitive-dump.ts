import { isSensitive } from '../crypto/sensitive-rules.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withAncestors } from '../postgres/table-ancestors.ts';
import type { DumpDeps } from './dump-deps.ts';

/** Whether a dump of the tables is to be encrypted: it is asked for, or a rule is about one of them, or of their parents. */
export async function isSensitiveDump(
  { encryption }: DumpDeps,
  { sensitive, source }: { readonly sensitive: boolean; readonly source: string },
  db: Queryable,
  tables: readonly RelationName[],
): Promise<boolean> {
  if (sensitive || !encryption?.rules.has(source)) return sensitive;
  return isSensitive(encryption.rules, source, await withAncestors(db, tables));
}

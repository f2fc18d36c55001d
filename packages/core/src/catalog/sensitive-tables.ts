import type { Encryption } from '../crypto/encryption.ts';
import { isSensitive } from '../crypto/sensitive-rules.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withAncestors } from '../postgres/table-ancestors.ts';

export interface SensitiveScope {
  /** Whether it is asked for. */
  readonly sensitive: boolean;
  readonly source: string;
  readonly tables: readonly RelationName[];
}

/** Whether rows of the tables are stored encrypted: it is asked for, or a rule is about one of them, or of their parents. */
export async function hasSensitiveRows(
  encryption: Encryption | undefined,
  { sensitive, source, tables }: SensitiveScope,
  db: Queryable,
): Promise<boolean> {
  if (sensitive || !encryption?.rules.has(source)) return sensitive;
  return isSensitive(encryption.rules, source, [...tables, ...(await withAncestors(db, tables))]);
}

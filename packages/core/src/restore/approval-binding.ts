import { DEFAULT_PROTECTED, protectedAmong } from '../approval/protected-tables.ts';
import { schemaFingerprint } from '../approval/schema-fingerprint.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withFamily } from '../postgres/table-family.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import type { RestorePlan } from './restore-plan.ts';

/** What an approval of a restore is bound to. */
export interface ApprovalBinding {
  readonly kind: 'restore';
  /** `host:port/database`. */
  readonly target: string;
  /** Of the dump's stored data. */
  readonly sha256: string;
  /** `schemaFingerprint` of the tables that are restored and their families, as the target has them. */
  readonly fingerprint: string;
  /** Those tables. */
  readonly tables: readonly RelationName[];
}

/** Undefined where none of the tables is protected, nor is their family, and the plan names no approval. */
export async function bindApproval(
  { protectedTables = DEFAULT_PROTECTED }: Pick<Deps, 'protectedTables'>,
  session: Queryable,
  { relations, approvalId, manifest }: RestorePlan,
  target: DatabaseTarget,
): Promise<ApprovalBinding | undefined> {
  const tables = await withFamily(session, relations);
  if (approvalId === undefined && protectedAmong(protectedTables, tables).length === 0) return undefined;
  return {
    kind: 'restore',
    target: describeTarget(target),
    sha256: manifest.objects.data.sha256,
    fingerprint: await schemaFingerprint(session, tables),
    tables,
  };
}

import { DEFAULT_PROTECTED, protectedAmong } from '../approval/protected-tables.ts';
import { schemaFingerprint } from '../approval/schema-fingerprint.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withFamily } from '../postgres/table-family.ts';
import { withSettings } from '../postgres/with-settings.ts';

/** What an approval of an import is bound to, beside the content. */
export interface ApprovalBinding {
  readonly kind: 'import';
  /** `database.schema.table`. */
  readonly target: string;
  /** `schemaFingerprint` of the table and its family. */
  readonly fingerprint: string;
  /** The table and its family. */
  readonly tables: readonly RelationName[];
}

interface Binding {
  readonly place: RelationName;
  /** How long to wait for whoever alters one of the tables. */
  readonly patienceMs: number;
  /** Whether it is wanted for tables as well that are not protected. */
  readonly always?: boolean;
}

/** Undefined for a table that is not protected, nor is its family. Throws `Transient` where somebody keeps one of them locked. */
export async function bindApproval(
  { protectedTables = DEFAULT_PROTECTED }: Pick<Deps, 'protectedTables'>,
  session: Queryable,
  { place, patienceMs, always = false }: Binding,
): Promise<ApprovalBinding | undefined> {
  const tables = await withFamily(session, [place]);
  if (!always && protectedAmong(protectedTables, tables).length === 0) return undefined;
  // To print an expression the server locks its table.
  const fingerprint = await withSettings(session, { lock_timeout: String(patienceMs) }, () =>
    schemaFingerprint(session, tables),
  );
  const { rows } = await session.query<{ database: string }>('select current_database()::text as database');
  return { kind: 'import', target: targetName(rows[0]?.database ?? '', place), fingerprint, tables };
}

/** Two tables never have the same: what a dot would make ambiguous is quoted. */
function targetName(database: string, { schema, name }: RelationName): string {
  return [database, schema, name].map((part) => (/[\s."]/.test(part) ? quoteIdentifier(part) : part)).join('.');
}

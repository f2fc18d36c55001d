import type { GuardedStep } from '../audit/guarded-step.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withFamily } from '../postgres/table-family.ts';
import { withSettings } from '../postgres/with-settings.ts';
import { schemaFingerprint } from './schema-fingerprint.ts';

/** What an approval of the undoing of a guarded step is bound to. */
export interface StepBinding {
  readonly kind: 'step';
  /** `host:port/database`. */
  readonly target: string;
  /** Of the stored data of the dump that was made before the step. */
  readonly sha256: string;
  /** `schemaFingerprint` of the step's tables and their families, as the target has them. */
  readonly fingerprint: string;
  /** Those tables. */
  readonly tables: readonly RelationName[];
}

/** To print an expression the server locks its table: throws what a lock does that takes longer than the patience. */
export async function bindStep(
  session: Queryable,
  { target, tables: declared }: Pick<GuardedStep, 'target' | 'tables'>,
  { sha256, patienceMs }: { readonly sha256: string; readonly patienceMs: number },
): Promise<StepBinding> {
  const tables = await withFamily(session, declared);
  const fingerprint = await withSettings(session, { lock_timeout: String(patienceMs) }, () =>
    schemaFingerprint(session, tables),
  );
  return { kind: 'step', target, sha256, fingerprint, tables };
}

import { duplicateKey, importedKey, refusedKey } from '../catalog/inbox-place.ts';
import { type Moved, moveVersion } from '../catalog/move-version.ts';
import type { Deps } from '../deps.ts';
import type { ImportedObject } from './imported-object.ts';
import type { InboxVersion } from './object-import.ts';

type SettleDeps = Pick<Deps, 'store' | 'signal'>;

export interface SettleImported {
  readonly object: InboxVersion;
  readonly sha256?: string | undefined;
  readonly imported: Pick<ImportedObject, 'importId' | 'dumpId' | 'importedAt' | 'duplicateOf'>;
  /** When the import was first asked for. */
  readonly since: Date;
}

/**
 * Takes a file out of the inbox whose rows are in: below `imported/`, by the time and the id that its import has in T38. A
 * duplicate goes there too, into a place of its own, and is tagged with the import that had its content. Idempotent; throws what
 * `moveVersion` throws.
 */
export async function settleImported(
  deps: SettleDeps,
  { object, sha256, imported, since }: SettleImported,
): Promise<Moved> {
  const { key, ...version } = object;
  const { importId, dumpId, duplicateOf } = imported;
  const importedAt = new Date(imported.importedAt);
  const to = duplicateOf ? duplicateKey({ ...object, since }, dumpId) : importedKey(key, { importedAt, dumpId });
  const tags = { [duplicateOf ? 'datasens-duplicate-of' : 'datasens-import']: String(importId) };
  return await moveVersion(deps, { key, version, to, sha256, tags });
}

export interface SettleRefused {
  readonly object: InboxVersion;
  /** Where its bytes were hashed before it was refused. */
  readonly sha256?: string | undefined;
  /** The name of the error that its import failed by. */
  readonly refused: string;
  readonly since: Date;
}

/** Takes a file out of the inbox that will never be imported as it is: below `rejected/`, where it has a term. Idempotent. */
export async function settleRefused(
  deps: SettleDeps,
  { object, sha256, refused, since }: SettleRefused,
): Promise<Moved> {
  const { key, ...version } = object;
  const tags = { 'datasens-refused': refused };
  return await moveVersion(deps, { key, version, to: refusedKey({ ...object, since }), sha256, tags });
}

import type { DumpRow } from '../audit/dump-row.ts';
import { findDump } from '../audit/find-dump.ts';
import { recordEvent } from '../audit/record-event.ts';
import { recordFailure } from '../audit/record-failure.ts';
import { whileStored } from '../audit/while-stored.ts';
import type { Manifest } from '../catalog/manifest.ts';
import { openDump } from '../catalog/open-dump.ts';
import { objectsOf, verifyObjects, verifyPlain } from '../catalog/verify-objects.ts';
import { opens } from '../crypto/encryption.ts';
import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import type { DumpProgress } from './dump-deps.ts';

export interface VerifyRequest {
  /** A dump_id, a key or a URI. */
  readonly dump: string;
  /** Who asks. */
  readonly user: string;
  readonly onProgress?: (progress: DumpProgress) => void;
}

export interface VerifyResult {
  readonly dump: DumpRow;
  readonly manifest: Manifest;
  readonly objects: number;
  /** Bytes read back, of all objects. */
  readonly sizeBytes: number;
  /** Whether what is encrypted was decrypted and compared, too; null for a dump that is not. */
  readonly decrypted: boolean | null;
}

/**
 * Checks that a registered dump still is what was committed: journal against manifest, manifest against row, and every
 * object, read back, against the manifest; what it decrypts to as well, where one of this machine's identities opens it.
 * Journals VERIFIE, or ECHEC when the dump is corrupt. Throws `CorruptDump`
 * with the first difference, `NotFound`, `InvalidInput` for a row that was never a dump of ours, or deleted ones, and
 * `Transient` while it is being archived or deleted.
 */
export async function verifyDump(deps: Deps, request: VerifyRequest): Promise<VerifyResult> {
  const { dumpId } = await findDump(deps.db, request.dump, deps.store.uri);
  return await whileStored(deps, dumpId, () => verifyStored(deps, request));
}

async function verifyStored(deps: Deps, request: VerifyRequest): Promise<VerifyResult> {
  const dump = await findDump(deps.db, request.dump, deps.store.uri);
  const event = { dumpId: dump.dumpId, user: request.user };
  try {
    const result = await checkDump(deps, dump, request.onProgress);
    const { sizeBytes, decrypted } = result;
    const detail = { sizeBytes, ...(decrypted === null ? {} : { decrypted }) };
    const { mirrorError } = await recordEvent(deps, { ...event, event: 'VERIFIE', detail });
    if (mirrorError) deps.log(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
    return result;
  } catch (error) {
    if (isAppError(error, 'CorruptDump')) await recordFailure(deps, { ...event, error });
    throw error;
  }
}

async function checkDump(deps: Deps, dump: DumpRow, onProgress: VerifyRequest['onProgress']): Promise<VerifyResult> {
  const opened = await openDump(deps, dump);
  const { prefix, manifest } = opened;
  let sizeBytes = 0;
  const onBytes = (count: number) => {
    sizeBytes += count;
    onProgress?.({ phase: 'verify', bytes: sizeBytes, tables: manifest.tables, tablesInAll: manifest.tables });
  };
  const decrypted = manifest.encryption ? await opensHere(deps, manifest.encryption.recipients) : null;
  if (decrypted) await verifyPlain(deps, opened, onBytes);
  else await verifyObjects(deps.store, prefix, manifest, { signal: deps.signal, onBytes });
  return { dump, manifest, objects: objectsOf(manifest).length, sizeBytes, decrypted };
}

async function opensHere({ encryption }: Deps, recipients: readonly string[]): Promise<boolean> {
  const identities = await encryption?.identities();
  return identities !== undefined && opens(identities, recipients);
}

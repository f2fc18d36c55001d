import { createHash } from 'node:crypto';
import type { DumpRow } from '../audit/dump-row.ts';
import { findCreation } from '../audit/find-creation.ts';
import { findDump } from '../audit/find-dump.ts';
import { recordEvent } from '../audit/record-event.ts';
import { findManifest } from '../catalog/find-manifest.ts';
import { type Manifest, manifestKey, prefixOf } from '../catalog/manifest.ts';
import { objectsOf, verifyObjects } from '../catalog/verify-objects.ts';
import type { Deps } from '../deps.ts';
import { AppError, isAppError } from '../errors.ts';
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
}

/**
 * Checks that a registered dump still is what was committed: journal against manifest, manifest against row, and every
 * object, read back, against the manifest. Journals VERIFIE, or ECHEC when the dump is corrupt. Throws `CorruptDump`
 * with the first difference, `NotFound`, `InvalidInput` for a row that was never a dump of ours, or deleted ones.
 */
export async function verifyDump(deps: Deps, request: VerifyRequest): Promise<VerifyResult> {
  const dump = await findDump(deps.db, request.dump, deps.store.uri);
  if (dump.status === 'SUPPRIME') {
    throw new AppError('InvalidInput', `dump ${dump.dumpId} was deleted: its row is what remains of it`);
  }
  const event = { dumpId: dump.dumpId, user: request.user };
  try {
    const result = await checkDump(deps, dump, request.onProgress);
    const detail = { sizeBytes: result.sizeBytes };
    const { mirrorError } = await recordEvent(deps, { ...event, event: 'VERIFIE', detail });
    if (mirrorError) deps.log(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
    return result;
  } catch (error) {
    if (isAppError(error, 'CorruptDump')) {
      const detail = { error: { name: error.name, message: error.message } };
      await recordEvent(deps, { ...event, event: 'ECHEC', detail }).catch(() =>
        deps.log('the failure could not be journalled', { dumpId: dump.dumpId }),
      );
    }
    throw error;
  }
}

async function checkDump(deps: Deps, dump: DumpRow, onProgress: VerifyRequest['onProgress']): Promise<VerifyResult> {
  const creation = await findCreation(deps.db, dump.dumpId);
  if (!creation) {
    throw new AppError(
      'InvalidInput',
      `dump ${dump.dumpId} is older than its journal: there is no manifest to verify it by`,
    );
  }
  const prefix = prefixOf(dump.key);
  const found = await findManifest(deps.store, prefix, deps.signal);
  const key = manifestKey(prefix);
  if (!found) throw new AppError('CorruptDump', `${key} is missing from the storage`, { key });
  if (createHash('sha256').update(found.bytes).digest('hex') !== creation.manifest.sha256) {
    throw new AppError('CorruptDump', `${key} is not the manifest that was committed`, { key });
  }
  const { manifest } = found;
  const { data } = manifest.objects;
  if (dump.sha256 !== data.sha256 || dump.key !== `${prefix}${data.key}`) {
    throw new AppError('CorruptDump', `the row of dump ${dump.dumpId} was altered: ${key} says otherwise`, {
      row: { key: dump.key, sha256: dump.sha256 },
      manifest: { key: `${prefix}${data.key}`, sha256: data.sha256 },
    });
  }
  let bytes = 0;
  const sizeBytes = await verifyObjects(deps.store, prefix, manifest, {
    signal: deps.signal,
    onBytes: (count) => {
      bytes += count;
      onProgress?.({ phase: 'verify', bytes, tables: manifest.tables, tablesInAll: manifest.tables });
    },
  });
  return { dump, manifest, objects: objectsOf(manifest).length, sizeBytes };
}

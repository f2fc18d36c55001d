import { createHash } from 'node:crypto';
import type { DumpRow } from '../audit/dump-row.ts';
import { findCreation } from '../audit/find-creation.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { findManifest } from './find-manifest.ts';
import { type Manifest, manifestKey, prefixOf } from './manifest.ts';

/** A registered dump whose manifest is the one that was committed. Its objects have not been looked at. */
export interface OpenedDump {
  readonly prefix: string;
  readonly manifest: Manifest;
}

/**
 * Follows the record of a dump from its journal entry to its manifest and back to its row. Throws `CorruptDump` with
 * the first difference, `InvalidInput` for a dump that was deleted, or for a row that was never a dump of ours.
 */
export async function openDump(deps: Pick<Deps, 'db' | 'store' | 'signal'>, dump: DumpRow): Promise<OpenedDump> {
  if (dump.status === 'SUPPRIME') {
    throw new AppError('InvalidInput', `dump ${dump.dumpId} was deleted: its row is what remains of it`);
  }
  if (dump.type === 'IMPORT') {
    throw new AppError(
      'InvalidInput',
      `dump ${dump.dumpId} is the import of ${dump.uri}: it stored nothing that could be verified or restored`,
    );
  }
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
  return { prefix, manifest };
}

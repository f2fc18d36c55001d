import { verifyObjects } from '../catalog/verify-objects.ts';
import type { DumpDeps } from './dump-deps.ts';
import type { StagedDump } from './staged-dump.ts';

/**
 * Reads back the stored versions of a staged dump's objects and compares their bytes with what was sent. Returns its
 * input, for the next step. Throws `CorruptDump`, or `Conflict` when an object was replaced meanwhile.
 */
export async function verifyStaged(deps: DumpDeps, staged: StagedDump): Promise<StagedDump> {
  const { prefix, manifest, etags } = staged;
  let bytes = 0;
  await verifyObjects(deps.store, prefix, manifest, {
    etags,
    signal: deps.signal,
    onBytes: (count) => {
      bytes += count;
      deps.onProgress?.({ phase: 'verify', bytes, tables: manifest.tables, tablesInAll: manifest.tables });
    },
  });
  return staged;
}

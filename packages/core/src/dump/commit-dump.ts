import { recordDump } from '../audit/record-dump.ts';
import { findManifest } from '../catalog/find-manifest.ts';
import { formatManifest, type Manifest, manifestKey } from '../catalog/manifest.ts';
import { registrationOf } from '../catalog/registration.ts';
import { objectsOf } from '../catalog/verify-objects.ts';
import { AppError, isAppError } from '../errors.ts';
import type { DumpDeps } from './dump-deps.ts';
import type { StagedDump } from './staged-dump.ts';

export interface CommittedDump {
  readonly prefix: string;
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

/**
 * Makes a verified dump count: manifest, then audit row and journal. Call it only with what `verifyStaged` returned.
 * Idempotent; throws `Conflict` when another attempt at the same dump was committed first, and then removes this
 * attempt's objects.
 */
export async function commitDump(deps: DumpDeps, staged: StagedDump): Promise<CommittedDump> {
  const { prefix, manifest } = staged;
  // The manifest before the row: a crash in between leaves a dump that reconcile can register, whereas a row without
  // a manifest would promise what nobody can restore.
  const bytes = formatManifest(manifest);
  await writeOnce(deps, staged, bytes);

  const { dump, detail } = registrationOf(deps.store, prefix, { manifest, bytes });
  const { mirrorError } = await recordDump(deps, dump, detail);
  const warnings = [...staged.warnings];
  // The row is committed, and so is the dump: what waits is its journal's copy in the storage.
  if (mirrorError) warnings.push(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
  return { prefix, manifest, warnings };
}

async function writeOnce(deps: DumpDeps, { prefix, manifest }: StagedDump, bytes: Buffer): Promise<void> {
  const { store, signal } = deps;
  try {
    await store.put(manifestKey(prefix), [bytes], { ifAbsent: true, signal });
  } catch (error) {
    if (!isAppError(error, 'Conflict')) throw error;
    const standing = await findManifest(store, prefix, signal);
    if (standing?.bytes.equals(bytes)) return;
    const taken = new Set(standing ? objectsOf(standing.manifest).map((object) => object.key) : []);
    for (const { key } of objectsOf(manifest)) {
      if (!taken.has(key)) await store.delete(`${prefix}${key}`).catch(() => undefined);
    }
    throw new AppError(
      'Conflict',
      `another attempt at dump ${manifest.dumpId} was committed first; run the dump's steps again to get its result`,
      { cause: error, dumpId: manifest.dumpId },
    );
  }
}

import { type DumpStanding, readStandings } from '../audit/dump-standings.ts';
import { adoptManifest, findOrphan } from '../catalog/adopt-manifest.ts';
import { manifestKey, prefixOf } from '../catalog/manifest.ts';
import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { type Ending, type Findings, MENDED } from './finding.ts';
import { removeAttempts } from './remove-attempts.ts';
import { checkBytes, removeBytes } from './remove-bytes.ts';
import { type DumpFolder, walkDumps } from './walk-dumps.ts';

/** Folders that are asked about at once. */
const BATCH = 500;

/**
 * Walks what is stored below `dumps/`, and mends where storage and audit do not agree. `before`: what is younger may
 * still be somebody's work.
 */
export async function reconcileDumps(deps: Deps, findings: Findings, before: Date): Promise<void> {
  let batch: DumpFolder[] = [];
  for await (const folder of walkDumps(deps)) {
    batch.push(folder);
    if (batch.length < BATCH) continue;
    await reconcileBatch(deps, findings, batch, before);
    batch = [];
  }
  await reconcileBatch(deps, findings, batch, before);
}

async function reconcileBatch(deps: Deps, findings: Findings, batch: DumpFolder[], before: Date): Promise<void> {
  // After the folders were seen: a dump of which they show the manifest may have its row by now, but none loses one.
  const standingOf = await readStandings(
    deps.db,
    batch.map(({ dumpId }) => dumpId),
  );
  for (const folder of batch) {
    deps.signal.throwIfAborted();
    await reconcileFolder(deps, findings, { folder, standing: standingOf(folder.dumpId), before });
  }
}

interface Seen {
  readonly folder: DumpFolder;
  readonly standing: DumpStanding;
  readonly before: Date;
}

async function reconcileFolder(deps: Deps, findings: Findings, { folder, standing, before }: Seen): Promise<void> {
  const { prefix, dumpId, since, sizeBytes, manifest } = folder;
  const { row } = standing;
  if (row && prefixOf(row.key) === prefix) {
    // What was marked is for an expiry to delete; a row without its bytes is found from the row.
    if (row.status === 'SUPPRIME' || manifest !== 'there' || !folder.mixed) return;
    await removeAttempts(deps, findings, folder, before);
    return;
  }
  if (manifest === 'there') return await registerDump(deps, findings, folder);
  if (folder.versions === 0 || since >= before) return;
  await findings.mend(
    { kind: 'bytes', name: prefix, dumpId, since, sizeBytes },
    { check: () => checkBytes(deps, folder), act: () => removeBytes(deps, folder, before) },
  );
}

/**
 * At whatever age: a manifest is written when the bytes are verified, and its own commit, should it go on, finds the very
 * same row and event.
 */
async function registerDump(deps: Deps, findings: Findings, { prefix, dumpId, since }: DumpFolder): Promise<void> {
  await findings.mend(
    { kind: 'manifest', name: manifestKey(prefix), dumpId, since },
    {
      check: () => unlessRefused(async () => ((await findOrphan(deps, prefix)) ? {} : undefined)),
      act: () => unlessRefused(async () => ((await adoptManifest(deps, prefix)).created ? MENDED : undefined)),
    },
  );
}

/** What the manifest itself is refused for is for a person; one that went meanwhile is nobody's. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | Ending | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAppError(error, 'NotFound')) return undefined;
    if (!isAppError(error) || !REFUSALS.has(error.name)) throw error;
    return { outcome: 'look', because: error.message };
  }
}

const REFUSALS = new Set(['CorruptDump', 'Conflict', 'InvalidInput']);

import { selectDumps } from '../audit/dump-row.ts';
import { openDump } from '../catalog/open-dump.ts';
import { objectsOf } from '../catalog/verify-objects.ts';
import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import type { VersionInfo } from '../storage/blob-store.ts';
import { deleteVersions, versionPages } from '../storage/delete-versions.ts';
import { endingOf, type Findings, type Look } from './finding.ts';
import { attemptOf, type DumpFolder } from './walk-dumps.ts';

/**
 * Removes what other attempts at a registered dump have left beside it. Which objects are the dump's own its manifest
 * says, which must be the one that was committed: one that was edited would have us remove the dump.
 */
export async function removeAttempts(
  deps: Deps,
  findings: Findings,
  { dumpId, prefix }: DumpFolder,
  before: Date,
): Promise<void> {
  const { store, signal } = deps;
  let own: ReadonlySet<string> = new Set();
  const isLeft = ({ key, modifiedAt }: VersionInfo) =>
    attemptOf(prefix, key) !== undefined && !own.has(key) && modifiedAt < before;

  const check = async (): Promise<Look | undefined> => {
    const [row] = await selectDumps(deps.db, 'where dump_id = $1', [dumpId]);
    if (!row || row.status === 'SUPPRIME') return undefined;
    const { manifest } = await openDump(deps, row);
    own = new Set(objectsOf(manifest).map(({ key }) => `${prefix}${key}`));
    let sizeBytes = 0;
    let since: Date | undefined;
    for await (const page of versionPages(store, prefix, signal)) {
      for (const version of page.filter(isLeft)) {
        sizeBytes += version.sizeBytes;
        if (!since || version.modifiedAt > since) since = version.modifiedAt;
      }
    }
    return since && { since, sizeBytes };
  };
  await findings.mend(
    { kind: 'attempt', name: prefix, dumpId },
    {
      check: () =>
        check().catch((error: unknown) => {
          if (!isAppError(error, 'CorruptDump') && !isAppError(error, 'InvalidInput')) throw error;
          return { outcome: 'look', because: error.message };
        }),
      act: async () => endingOf(await deleteVersions(store, prefix, isLeft, signal)),
    },
  );
}

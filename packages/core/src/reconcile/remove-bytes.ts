import { readStandings } from '../audit/dump-standings.ts';
import { lastDumpId } from '../audit/reserve-dump-id.ts';
import { manifestKey } from '../catalog/manifest.ts';
import { tombstoneKey } from '../catalog/tombstone.ts';
import type { Deps } from '../deps.ts';
import { deleteVersions } from '../storage/delete-versions.ts';
import { isStored } from '../storage/is-stored.ts';
import { type Ending, endingOf, type Look } from './finding.ts';
import { attemptOf, type DumpFolder } from './walk-dumps.ts';

/**
 * Whether bytes without a manifest are those of a dump that was begun under this audit and came to nothing. Everything
 * else that they may be is for a person; undefined where there is a dump by now.
 */
export async function checkBytes(deps: Deps, folder: DumpFolder): Promise<Look | undefined> {
  const { db, store, signal } = deps;
  const { dumpId, prefix, manifest } = folder;
  const because = (said: string): Look => ({ outcome: 'look', because: said });
  // A listing may be old, or lag behind.
  if (await isStored(store, manifestKey(prefix), signal)) return undefined;
  if (manifest === 'hidden') return because('its manifest was deleted, and it was never registered');
  if (await isStored(store, tombstoneKey(prefix), signal)) {
    return because(`${tombstoneKey(prefix)} says that a dump was deleted here, and the audit does not know it`);
  }
  const { row, events } = (await readStandings(db, [dumpId]))(dumpId);
  if (row || events === 'some') return because(`the audit has another dump ${dumpId}, or knows more of this one`);
  if (dumpId > (await lastDumpId(db)))
    return because(`this audit never gave the id ${dumpId}: it is another one's dump`);
  return {};
}

/**
 * Removes what a dump has stored that never got a manifest, right after `checkBytes`. From then on only age keeps a commit
 * from writing its manifest after all: so what is younger than `before` stays, also where it came since, by a retry of
 * the dump that stages anew.
 */
export async function removeBytes({ store, signal }: Deps, { prefix }: DumpFolder, before: Date): Promise<Ending> {
  const isOld = ({ key, modifiedAt }: { readonly key: string; readonly modifiedAt: Date }) =>
    attemptOf(prefix, key) !== undefined && modifiedAt < before;
  return endingOf(await deleteVersions(store, prefix, isOld, signal));
}

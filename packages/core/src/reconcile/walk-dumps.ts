import { type PlacedDump, placeOf } from '../catalog/dump-place.ts';
import { manifestKey } from '../catalog/manifest.ts';
import type { Deps } from '../deps.ts';
import type { VersionInfo } from '../storage/blob-store.ts';
import { versionPages } from '../storage/delete-versions.ts';

/** What is stored below the prefix of one dump. */
export interface DumpFolder extends PlacedDump {
  /** `hidden`: there was one, and its versions are all that is left of it. */
  readonly manifest: 'none' | 'there' | 'hidden';
  /** When the youngest of it was written, or the dump was planned, whichever came last. */
  readonly since: Date;
  /** Versions of objects of dumps, delete markers among them; the manifest's apart. */
  readonly versions: number;
  readonly sizeBytes: number;
  /** Whether its objects are those of several attempts. */
  readonly mixed: boolean;
}

/** `<role>.<attempt>.<extension>`, as dumps name their objects. */
const ARTEFACT = /^(?:data|proof|schema|globals)\.([0-9a-f]+)\.[\w.]+$/;

/** The attempt at the dump below `prefix` that wrote the object; undefined for any other object. */
export function attemptOf(prefix: string, key: string): string | undefined {
  return key.startsWith(prefix) ? ARTEFACT.exec(key.slice(prefix.length))?.[1] : undefined;
}

/**
 * The folders of all dumps, in the order of their keys, from one listing of all versions: what was deleted in a bucket
 * that keeps them still costs. Other keys are nobody's, and passed over. Memory is that of one page.
 */
export async function* walkDumps({ store, signal }: Pick<Deps, 'store' | 'signal'>): AsyncGenerator<DumpFolder> {
  let folder: OpenFolder | undefined;
  for await (const page of versionPages(store, 'dumps/', signal)) {
    for (const version of page) {
      const place = placeOf(version.key);
      if (!place) continue;
      if (folder?.prefix !== place.prefix) {
        if (folder) yield folder;
        folder = { ...place, manifest: 'none', since: place.plannedAt, versions: 0, sizeBytes: 0, mixed: false };
      }
      enter(folder, version);
    }
  }
  if (folder) yield folder;
}

type OpenFolder = { -readonly [Name in keyof DumpFolder]: DumpFolder[Name] } & { attempt?: string };

function enter(folder: OpenFolder, { key, modifiedAt, sizeBytes, latest, deleteMarker }: VersionInfo): void {
  const attempt = attemptOf(folder.prefix, key);
  if (attempt === undefined && key !== manifestKey(folder.prefix)) return;
  if (modifiedAt > folder.since) folder.since = modifiedAt;
  if (attempt === undefined) {
    if (folder.manifest !== 'there') folder.manifest = latest && !deleteMarker ? 'there' : 'hidden';
    return;
  }
  folder.versions += 1;
  folder.sizeBytes += sizeBytes;
  if (folder.attempt !== undefined && folder.attempt !== attempt) folder.mixed = true;
  folder.attempt = attempt;
}

import { selectDumps } from '../audit/dump-row.ts';
import { findCreation } from '../audit/find-creation.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import { type Recorded, recordUnmirrored } from '../audit/record-dump.ts';
import { passDumpId } from '../audit/reserve-dump-id.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import { isStored } from '../storage/is-stored.ts';
import { dumpPrefix } from './dump-place.ts';
import { findManifest } from './find-manifest.ts';
import { type Manifest, manifestKey } from './manifest.ts';
import { type DumpRegistration, registrationOf } from './registration.ts';
import { tombstoneKey } from './tombstone.ts';
import { verifyObjects } from './verify-objects.ts';

export type AdoptDeps = Pick<Deps, 'db' | 'store' | 'signal'>;

/** A manifest that stands where it was written, for a dump that was never registered and never deleted. */
export interface Orphan extends DumpRegistration {
  readonly manifest: Manifest;
  readonly prefix: string;
}

/**
 * The dump that was committed under `prefix` and not registered; undefined for one that is. Reads the manifest, and no
 * other object. Throws `NotFound` where there is none, `CorruptDump` for one that cannot be read, or that was copied or
 * edited and so names another place than its own, `Conflict` for a dump that was deleted, whose row was removed, or
 * whose id or key is another's.
 */
export async function findOrphan(deps: AdoptDeps, prefix: string): Promise<Orphan | undefined> {
  const { store, signal } = deps;
  const key = manifestKey(prefix);
  const found = await findManifest(store, prefix, signal);
  if (!found) throw new AppError('NotFound', `there is no ${key}`, { key });
  expectAtHome(key, prefix, found.manifest);
  const registration = registrationOf(store, prefix, found);
  if (await isRegistered(deps, registration)) return undefined;
  // Its events are gone with a database that was lost, or were never mirrored: what was marked is no dump again.
  if (await isStored(store, tombstoneKey(prefix), signal)) {
    throw new AppError('Conflict', `${tombstoneKey(prefix)} says that this dump was deleted: it is not registered`, {
      key,
    });
  }
  return { ...registration, manifest: found.manifest, prefix };
}

/**
 * Registers the dump that was committed under `prefix` and whose process was killed before it could: reads back and
 * compares all of its objects, then records the very row and event that the commit would have. Idempotent, also beside
 * that commit. `created` is false where it was registered already, or was meanwhile.
 *
 * Throws what `findOrphan` and `verifyObjects` throw, `InvalidInput` for what T38 does not take.
 */
export async function adoptManifest(deps: AdoptDeps, prefix: string): Promise<Recorded> {
  const orphan = await verifyOrphan(deps, prefix);
  if (!orphan) return { created: false };
  const created = await registerOrphan(deps, orphan);
  return { created, ...(await mirrorAfterCommit(deps)) };
}

/** `findOrphan`, of which all objects were read back and compared. Changes nothing, so that many can be read at a time. */
export async function verifyOrphan(deps: AdoptDeps, prefix: string): Promise<Orphan | undefined> {
  const orphan = await findOrphan(deps, prefix);
  if (orphan) await verifyObjects(deps.store, prefix, orphan.manifest, { signal: deps.signal });
  return orphan;
}

/** Records one that `verifyOrphan` gave; the mirror is the caller's. Returns whether it was not there before. */
export async function registerOrphan(deps: AdoptDeps, { dump, detail }: DumpRegistration): Promise<boolean> {
  // Before the row: an id that was passed and not used harms nobody, one that is handed out again fails a dump.
  await passDumpId(deps.db, dump.dumpId, deps.signal);
  return await recordUnmirrored(deps, dump, detail);
}

/** A prefix says what the manifest says, or it is not the one that the manifest was written under. */
function expectAtHome(key: string, prefix: string, manifest: Manifest): void {
  const selection = manifest.selection?.map(relationOf) ?? null;
  const home = dumpPrefix({ ...manifest, selection }, new Date(manifest.createdAt));
  if (home === prefix) return;
  throw new AppError('CorruptDump', `${key} was copied or edited: it describes a dump that stands under ${home}`, {
    key,
    home,
  });

  function relationOf(display: string) {
    try {
      const { schema = '', name } = parseTableName(display);
      return { schema, name };
    } catch (error) {
      throw new AppError('CorruptDump', `${key} was edited: ${display} is no table`, { cause: error, key });
    }
  }
}

async function isRegistered({ db }: AdoptDeps, { dump, detail }: DumpRegistration): Promise<boolean> {
  const { dumpId, key } = dump;
  const find = () => selectDumps(db, 'where dump_id = $1::bigint or chemin = $2', [dumpId, key]);
  const before = await find();
  const creation = await findCreation(db, dumpId);
  // Row and event come in one transaction: it may have been committed between the two questions.
  const [row] = creation && before.length === 0 ? await find() : before;
  const its = JSON.stringify(creation?.manifest) === JSON.stringify(detail.manifest);
  if (!creation && !row) return false;
  if (its && row?.dumpId === dumpId) return true;
  throw new AppError(
    'Conflict',
    its
      ? `the row of dump ${dumpId} was removed from t38_dump_audit: run datasens journal verify`
      : `t38_dump_audit or its journal has another dump ${dumpId}, or the key ${key}, and not the dump of this manifest`,
    { dumpId, key },
  );
}

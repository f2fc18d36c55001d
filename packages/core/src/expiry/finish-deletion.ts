import { appendEvent } from '../audit/append-event.ts';
import type { JournalEvent } from '../audit/journal-event.ts';
import { lockTransaction } from '../audit/locks.ts';
import { mirrorJournal } from '../audit/mirror-journal.ts';
import { manifestKey } from '../catalog/manifest.ts';
import { putTombstone } from '../catalog/tombstone.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { type DeletedVersions, deleteVersions } from '../storage/delete-versions.ts';
import { type Deletion, deletionOf } from './deletion.ts';

const NOTHING: DeletedVersions = { versions: 0, sizeBytes: 0 };

/**
 * Carries a marked deletion through: mirror, tombstone, bytes, certificate. Each step may be repeated, by several at
 * once, and a kill between two of them leaves what the next expiry goes on with:
 *
 * - after the mark: a dump that nobody restores any more, with all of its bytes
 * - after mirror and tombstone: the same, and the bucket alone says so, for a database that is lost now
 * - after the manifest: bytes that no manifest names, which are no dump; the other way round a manifest would promise
 *   bytes that are gone. A dump is unmade in the reverse of the order in which it was made
 * - after the bytes: what the certificate will say, but for the number of versions, of which it counts its own
 *
 * Where a lock keeps a version, the rest is gone, and the certificate waits. Throws what the store throws, `Conflict`
 * for a mark that was altered or is of another storage.
 */
export async function finishDeletion(
  deps: Deps,
  mark: { readonly event: JournalEvent; readonly intact: boolean },
  user: string,
): Promise<DeletedVersions> {
  const { store, signal } = deps;
  const deletion = deletionOf(mark);
  const { prefix, what, uri } = deletion;
  if (store.uriOf(deletion.key) !== uri) {
    throw new AppError('Conflict', `it is ${uri}, in another storage: set DATASENS_STORAGE to that`, { uri });
  }
  await mirrorJournal(deps);
  await putTombstone(store, prefix, mark.event, signal);
  const manifest = manifestKey(prefix);
  const unmade =
    what === 'dump' ? await deleteVersions(store, manifest, ({ key }) => key === manifest, signal) : NOTHING;
  const rest = await deleteVersions(store, prefix, ({ key }) => what !== 'imported' || key === prefix, signal);
  const deleted = {
    ...rest,
    versions: unmade.versions + rest.versions,
    sizeBytes: unmade.sizeBytes + rest.sizeBytes,
  };
  if (!deleted.locked) await certify(deps, mark.event, deletion, deleted, user);
  return deleted;
}

/** Says once that it is gone. The mirror follows with the next mark, or at the end of the run. */
async function certify(
  { db }: Deps,
  mark: JournalEvent,
  deletion: Deletion,
  { versions, sizeBytes }: DeletedVersions,
  user: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    // Before the question, so that of two who have finished it one is told.
    await lockTransaction(tx, 'journal');
    // After the mark: of imported files, which have no dump_id, all that went before would else be looked through.
    const { rows } = await tx.query(
      `select from t39_dump_evenement where ${mark.dumpId === null ? 'dump_id is null' : 'dump_id = $2'} and seq > $1
          and evenement = 'SUPPRIME' and substring(detail from '"mark":(\\d{1,18})')::bigint = $1`,
      [mark.seq, ...(mark.dumpId === null ? [] : [mark.dumpId])],
    );
    if (rows.length > 0) return;
    await appendEvent(tx, {
      event: 'SUPPRIME',
      ...(mark.dumpId === null ? {} : { dumpId: mark.dumpId }),
      user,
      detail: {
        ...deletion,
        phase: 'certified',
        mark: mark.seq,
        markHash: mark.hash,
        markedAt: mark.at,
        deletedVersions: versions,
        deletedBytes: sizeBytes,
      },
    });
  });
}

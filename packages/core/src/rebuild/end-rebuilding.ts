import * as z from 'zod';
import { appendEvent } from '../audit/append-event.ts';
import { applyChange, type Change } from '../audit/change.ts';
import { insertEvents } from '../audit/insert-events.ts';
import { ORIGIN_HASH, sealEvent } from '../audit/journal-event.ts';
import { readSmall } from '../audit/journal-store.ts';
import { BYTES_PER_MB } from '../audit/new-dump.ts';
import { readTail } from '../audit/read-events.ts';
import type { RebuildingDetail } from '../audit/rebuilding.ts';
import { placeOf } from '../catalog/dump-place.ts';
import { MANIFEST_NAME } from '../catalog/manifest.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Item } from './backlog.ts';
import type { DamageList } from './damage.ts';
import { parseMark } from './read-marks.ts';
import type { StoredJournal } from './stored-journal.ts';
import { buriedPrefix } from './survey-bucket.ts';

/**
 * Ends a rebuilding from a damaged bucket: REBATI says what is lost. Its number is beyond all that the bucket has or
 * had, so that it meets no object that is there; where the events before it are lost, it follows what the head said of
 * the last one.
 */
export async function endRebuilding(
  tx: Queryable,
  { store }: Pick<Deps, 'store'>,
  { head, end }: StoredJournal,
  damage: DamageList,
  user: string,
): Promise<void> {
  const tail = await readTail(tx);
  const seq = end + 1;
  const previous = tail?.seq === end ? tail.hash : head?.seq === end ? head.hash : tail?.hash;
  const { rows } = await tx.query<{ at: string }>('select clock_timestamp()::timestamp as at');
  const detail: RebuildingDetail = {
    head: head ? { seq: head.seq, hash: head.hash } : null,
    lost: damage.ranges().map(([first, last]) => [first, last]),
    lostCount: damage.lostCount(),
    storage: store.uri,
  };
  const event = sealEvent({
    format: 1,
    seq,
    event: 'REBATI',
    dumpId: null,
    at: rows[0]?.at ?? '',
    user,
    detail,
    changes: [],
    previousHash: previous ?? ORIGIN_HASH,
  });
  await insertEvents(tx, [event]);
}

/** What a mark says of the dump, besides its key; the rest of its row is lost with its creation. */
const Marked = z.object({
  key: z.string(),
  uri: z.string(),
  sizeBytes: z.number().nullable(),
  sha256: z.string().nullable(),
});

/** A dump under a tombstone (`undead`) is SUPPRIME, whatever else is lost: its row says so, and an event why. */
export async function bury(
  tx: Queryable,
  { store, signal }: Pick<Deps, 'store' | 'signal'>,
  { number: dumpId, text: key }: Item,
  user: string,
): Promise<void> {
  const prefix = buriedPrefix(key);
  const update: Change = { table: 't38_dump_audit', op: 'update', row: { dump_id: dumpId, statut: 'SUPPRIME' } };
  let change = update;
  if (!(await applyChange(tx, update))) {
    const mark = parseMark((await readSmall(store, key, signal)) ?? '');
    const marked = Marked.safeParse(mark?.detail).data;
    const [, y, m, d, h, min, s] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-\d+\/$/.exec(prefix) ?? [];
    change = {
      table: 't38_dump_audit',
      op: 'insert',
      row: {
        dump_id: dumpId,
        type: placeOf(`${prefix}${MANIFEST_NAME}`)?.type ?? 'SQL',
        chemin: marked?.key ?? prefix,
        taille_mb: marked?.sizeBytes == null ? null : marked.sizeBytes / BYTES_PER_MB,
        date_creation: `${y}-${m}-${d}T${h}:${min}:${s}Z`,
        utilisateur: null,
        commentaire: null,
        checksum_sha256: marked?.sha256 ?? null,
        statut: 'SUPPRIME',
        date_expiration: null,
        minio_uri: marked?.uri ?? null,
        table_cible: null,
      },
    };
    await applyChange(tx, change);
  }
  await appendEvent(tx, { event: 'REBATI', dumpId, user, detail: { tombstone: key }, changes: [change] });
}

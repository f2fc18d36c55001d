import { createHash } from 'node:crypto';
import { formatStamp } from './stamp.ts';

/** Where files are put that are to be imported. */
export const INBOX = 'inbox/';

/** Of the 1,024 that S3 takes; the key of a tombstone has the whole one in it. */
const MOST_KEY_BYTES = 1_000;

/** A version of a file in the inbox, as one import was asked to take it. */
export interface Delivery {
  readonly key: string;
  readonly etag?: string | undefined;
  readonly versionId?: string | undefined;
  /** When that import was first asked for. */
  readonly since: Date;
}

/** Where a file of the inbox goes whose rows are in: T38 has time and id. */
export function importedKey(
  key: string,
  { importedAt, dumpId }: { readonly importedAt: Date; readonly dumpId: number },
) {
  return keyBelow(`imported/${formatStamp(importedAt)}-${dumpId}/`, key);
}

/** Where one goes whose content had been imported before, as the dump_id says. */
export function duplicateKey(delivery: Delivery, dumpId: number): string {
  return keyBelow(`imported/${formatStamp(delivery.since)}-${dumpId}-duplicate-${digestOf(delivery)}/`, delivery.key);
}

/** Where one goes that was refused as a whole: see `rejectsPlaceOf`. */
export function refusedKey(delivery: Delivery): string {
  return keyBelow(`rejected/${formatStamp(delivery.since)}-file-${digestOf(delivery)}/`, delivery.key);
}

/** The same for each call that is about this import of this version, also when the version is gone. */
function digestOf({ key, etag = '', versionId = '', since }: Delivery): string {
  const told = [key, etag.replaceAll('"', ''), versionId, since.toISOString()];
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 24);
}

/** The name that it has below the inbox, its folders among it; the hash of that where both together are too long. */
function keyBelow(prefix: string, key: string): string {
  const name = key.slice(INBOX.length);
  if (Buffer.byteLength(prefix) + Buffer.byteLength(name) <= MOST_KEY_BYTES) return `${prefix}${name}`;
  return `${prefix}${createHash('sha256').update(name).digest('hex')}`;
}

import { createHash } from 'node:crypto';
import { refusedPrefix } from './rejects-place.ts';
import { formatStamp } from './stamp.ts';

/** Where files are put that are to be imported. */
export const INBOX = 'inbox/';

/** Of the 1,024 that S3 takes; the key of a tombstone has the whole one in it. */
const MOST_KEY_BYTES = 1_000;

/** Where a file of the inbox goes once its rows are in: T38 has time and id. */
export function importedKey(
  { importedAt, dumpId }: { readonly importedAt: Date; readonly dumpId: number },
  key: string,
): string {
  return keyBelow(`imported/${formatStamp(importedAt)}-${dumpId}/`, key);
}

/** Where one goes that was refused as a whole. */
export function refusedKey(startedAt: Date, version: { readonly key: string; readonly etag: string }): string {
  return keyBelow(refusedPrefix(startedAt, version), version.key);
}

/** The name that it has below the inbox, its folders among it; the hash of that where both together are too long. */
function keyBelow(prefix: string, key: string): string {
  const name = key.slice(INBOX.length);
  if (Buffer.byteLength(prefix) + Buffer.byteLength(name) <= MOST_KEY_BYTES) return `${prefix}${name}`;
  return `${prefix}${createHash('sha256').update(name).digest('hex')}`;
}

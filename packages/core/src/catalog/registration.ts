import { createHash } from 'node:crypto';
import type { JsonObject } from '../audit/journal-event.ts';
import type { NewDump } from '../audit/new-dump.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { type Manifest, manifestKey } from './manifest.ts';

/** What `recordDump` takes to register a dump. */
export interface DumpRegistration {
  readonly dump: NewDump;
  /** Of its event CREE: what `findCreation` reads. */
  readonly detail: JsonObject;
}

/**
 * The row and the event of the dump whose manifest, parsed and as it is stored, stands under `prefix`. Pure, and the same
 * for the same manifest, whoever registers it: the dump itself, or whoever finds that it was killed before it could.
 */
export function registrationOf(
  store: Pick<BlobStore, 'uriOf'>,
  prefix: string,
  { manifest, bytes }: { readonly manifest: Manifest; readonly bytes: Buffer },
): DumpRegistration {
  const { data } = manifest.objects;
  const key = `${prefix}${data.key}`;
  return {
    dump: {
      dumpId: manifest.dumpId,
      type: manifest.type,
      key,
      uri: store.uriOf(key),
      sizeBytes: data.sizeBytes,
      sha256: data.sha256,
      createdAt: new Date(manifest.createdAt),
      user: manifest.user,
      ...(manifest.comment === null ? {} : { comment: manifest.comment }),
      ...(manifest.expiresAt === null ? {} : { expiresAt: new Date(manifest.expiresAt) }),
      ...tableOf(manifest),
    },
    detail: { manifest: { key: manifestKey(prefix), sha256: createHash('sha256').update(bytes).digest('hex') } },
  };
}

/** `table_cible` holds 100 characters: longer selections are in the manifest alone. */
function tableOf({ selection }: Manifest): { table?: string } {
  const table = selection?.join(', ');
  return table !== undefined && table.length <= 100 ? { table } : {};
}

import { createHash } from 'node:crypto';
import { timestampText } from '@datasens/core/audit/change.ts';
import { type JournalEvent, sealEvent } from '@datasens/core/audit/journal-event.ts';
import { insertionOf } from '@datasens/core/audit/new-dump.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

const LINEAGES = 100;
/** What the data of every dump is. */
export const BYTES = Buffer.from('a dump of a bench');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

/** The event of a dump of one of a hundred lineages, behind the one before it. */
export function creationEvent(
  store: Pick<BlobStore, 'uriOf'>,
  dumpId: number,
  createdAt: Date,
  previous: Pick<JournalEvent, 'seq' | 'hash'>,
): JournalEvent {
  const prefix = prefixOf(dumpId, createdAt);
  const key = `${prefix}data.0f.dump`;
  const uri = store.uriOf(key);
  const dump = { dumpId, type: 'SQL', key, uri, sizeBytes: BYTES.byteLength, sha256: SHA256, createdAt } as const;
  return sealEvent({
    format: 1,
    seq: previous.seq + 1,
    event: 'CREE',
    dumpId,
    at: timestampText(createdAt),
    user: 'bench',
    detail: { manifest: { key: `${prefix}manifest.json`, sha256: SHA256 } },
    changes: [insertionOf({ ...dump, user: 'bench' })],
    previousHash: previous.hash,
  });
}

/** Where its objects stand. */
export function prefixOf(dumpId: number, createdAt: Date): string {
  const stamp = createdAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `dumps/SQL/source${dumpId % LINEAGES}/scheduled/${stamp}-${dumpId}/`;
}

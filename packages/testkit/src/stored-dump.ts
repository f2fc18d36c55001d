import { createHash } from 'node:crypto';
import type { NewDump } from '@datasens/core/audit/new-dump.ts';
import { recordDump } from '@datasens/core/audit/record-dump.ts';
import type { Deps } from '@datasens/core/deps.ts';

export interface StoredDumpOptions {
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  /** `scheduled` where none is named. */
  readonly lineage?: string;
  readonly comment?: string;
}

/** Where the objects of such a dump are. */
export function storedPrefix(dumpId: number, { createdAt, lineage = 'scheduled' }: StoredDumpOptions): string {
  const stamp = createdAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `dumps/SQL/default/${lineage}/${stamp}-${dumpId}/`;
}

/** A dump as far as expiry knows one: three small objects below a prefix, and its row and event. No pg_dump made it. */
export async function storeDump(deps: Deps, dumpId: number, options: StoredDumpOptions): Promise<NewDump> {
  const prefix = storedPrefix(dumpId, options);
  const data = Buffer.from(`dump ${dumpId}`);
  const manifest = Buffer.from(`{"dumpId":${dumpId}}`);
  const key = `${prefix}data.0f.dump`;
  await deps.store.put(key, [data]);
  await deps.store.put(`${prefix}proof.0f.json`, [Buffer.from('{}')]);
  await deps.store.put(`${prefix}manifest.json`, [manifest]);
  const dump: NewDump = {
    dumpId,
    type: 'SQL',
    key,
    uri: deps.store.uriOf(key),
    sizeBytes: data.byteLength,
    sha256: sha256(data),
    createdAt: options.createdAt,
    user: 'claire',
    ...(options.expiresAt ? { expiresAt: options.expiresAt } : {}),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
  };
  await recordDump(deps, dump, { manifest: { key: `${prefix}manifest.json`, sha256: sha256(manifest) } });
  return dump;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

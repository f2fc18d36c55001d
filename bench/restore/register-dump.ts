import { fileURLToPath } from 'node:url';
import type { DumpDeps } from '@datasens/core/dump/dump-deps.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { fileStore } from '@datasens/core/storage/file.ts';

export interface RegisteredDump {
  readonly dumpId: number;
  /** The path of its archive. */
  readonly archive: string;
  readonly sizeBytes: number;
  readonly rows: number;
}

/** A dump with the proof of its contents, registered in the audit database, which is migrated. */
export async function registerDump(
  source: DatabaseTarget,
  audit: DatabaseTarget,
  bucket: string,
): Promise<RegisteredDump> {
  await using db = openDatabase(audit);
  const deps: DumpDeps = {
    db,
    store: fileStore(bucket),
    now: () => new Date(),
    signal: new AbortController().signal,
    log: console.error,
    sources: new Map([['default', source]]),
    toolSearch: {},
  };
  const { prefix, manifest } = await runDump(deps, { proof: 'content', user: 'bench' });
  const { data } = manifest.objects;
  return {
    dumpId: manifest.dumpId,
    archive: fileURLToPath(deps.store.uriOf(`${prefix}${data.key}`)),
    sizeBytes: data.sizeBytes,
    rows: manifest.rows ?? 0,
  };
}

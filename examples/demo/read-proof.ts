import { dirname } from 'node:path/posix';
import type { Proof } from '@datasens/core/postgres/proof.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/** The proof of the dump whose data are at `key`, as a table. */
export async function readProof(store: BlobStore, key: string): Promise<string> {
  const manifest = await readJson(store, `${dirname(key)}/manifest.json`);
  const { tables }: Proof = await readJson(store, `${dirname(key)}/${manifest.objects.proof.key}`);
  const width = Math.max(...tables.map(({ name }) => name.length));
  const rows = tables.map(({ name, rows, hash }) => `${name.padEnd(width)}  ${String(rows).padStart(4)}  ${hash}`);
  return [`${'table'.padEnd(width)}  rows  hash`, ...rows].join('\n');
}

async function readJson(store: BlobStore, key: string) {
  return JSON.parse(Buffer.concat(await Array.fromAsync(store.read(key))).toString());
}

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Proof } from '@datasens/core/postgres/proof.ts';

/** The proof of the dump whose data are at `key`, as a table. */
export async function readProof(bucket: string, key: string): Promise<string> {
  const folder = join(bucket, dirname(key));
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  const { tables }: Proof = JSON.parse(await readFile(join(folder, manifest.objects.proof.key), 'utf8'));
  const width = Math.max(...tables.map(({ name }) => name.length));
  const rows = tables.map(({ name, rows, hash }) => `${name.padEnd(width)}  ${String(rows).padStart(4)}  ${hash}`);
  return [`${'table'.padEnd(width)}  rows  hash`, ...rows].join('\n');
}

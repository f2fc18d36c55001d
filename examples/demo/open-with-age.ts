import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path/posix';
import { promisify } from 'node:util';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

const run = promisify(execFile);
const LIMIT_BYTES = 64 * 1_048_576;

/**
 * Copies the data at `key` to `file`, and has the ordinary `age` of this machine open it; false where there is none.
 * Throws unless that gives the bytes whose hash the manifest names.
 */
export async function openWithAge(
  store: BlobStore,
  { key, file, identity }: { readonly key: string; readonly file: string; readonly identity: string },
): Promise<boolean> {
  try {
    await run('age', ['--version']);
  } catch {
    return false;
  }
  const manifest = JSON.parse((await readAll(store, `${dirname(key)}/manifest.json`)).toString());
  await writeFile(file, await readAll(store, key));
  console.log(`\n$ age -d -i ${identity} ${file} | sha256sum`);
  const { stdout } = await run('age', ['-d', '-i', identity, file], { encoding: 'buffer', maxBuffer: LIMIT_BYTES });
  const sha256 = createHash('sha256').update(stdout).digest('hex');
  if (sha256 !== manifest.objects.data.plain.sha256) throw new Error('age opened other bytes than were dumped');
  console.log(`${sha256}  -\n(as the manifest says)`);
  return true;
}

async function readAll(store: BlobStore, key: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.read(key)));
}

import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '@datasens/local/embedded/processes.ts';

/** A folder of one test, removed with what is in it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await createTemporaryFolder('test');
  // What was killed may have started something that is still ending, and writes there.
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  };
}

/** A new folder of mode 0700. Its name tells what it is for, and which process it belongs to. */
export async function createTemporaryFolder(purpose: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `datasens-${purpose}-${process.pid}-`));
}

/** The folders for `purpose` of test runs that were killed: those whose process is no more. */
export async function listAbandonedFolders(purpose: string): Promise<string[]> {
  const abandoned: string[] = [];
  for (const name of await readdir(tmpdir())) {
    const [, prefix, owner] = /^datasens-(\w+)-(\d+)-/.exec(name) ?? [];
    if (prefix !== purpose || (await isRunning(Number(owner)))) continue;
    const found = await lstat(join(tmpdir(), name)).catch(() => undefined);
    // What other users left is theirs to remove.
    if (process.getuid?.() === 0 || found?.uid === process.getuid?.()) abandoned.push(join(tmpdir(), name));
  }
  return abandoned;
}

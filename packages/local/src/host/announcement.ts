import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isMissing } from '../embedded/error-code.ts';

const Announcement = z.object({ endpoint: z.url() });

/** Tells the commands of this home where its host is, until that ends. */
export async function announce(home: string, endpoint: string): Promise<AsyncDisposable> {
  const path = pathIn(home);
  const written = `${path}.${process.pid}`;
  await writeFile(written, JSON.stringify({ endpoint }), { mode: 0o600 });
  await rename(written, path);
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** Where the host of this home is, or was that was killed; undefined where there is none. */
export async function announcedEndpoint(home: string): Promise<string | undefined> {
  try {
    return Announcement.parse(JSON.parse(await readFile(pathIn(home), 'utf8'))).endpoint;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function pathIn(home: string): string {
  return join(home, 'host.json');
}

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isMissing } from './error-code.ts';

/** What a running postmaster says of itself in `postmaster.pid`. After a crash the file stays, and lies. */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
  /** `starting`, `ready`, `stopping` or `standby`; empty in the first moment of a start. */
  readonly status: string;
}

/** Undefined when there is none. The lines are those of PostgreSQL's pidfile.h (LOCK_FILE_LINE_*). */
export async function readPostmasterFile(dataDir: string): Promise<PostmasterFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const [pid = '', , , port = '', socketFolder = '', , , status = ''] = text.split('\n');
  // A relative folder is seen from the data directory: the server's working directory.
  return { pid: Number(pid), port: Number(port), socketFolder: resolve(dataDir, socketFolder), status: status.trim() };
}

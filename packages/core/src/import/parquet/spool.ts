import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { errnoOf } from '../../storage/disk-errors.ts';
import { freeChunk } from '../../storage/free-chunk.ts';
import { readBytes } from '../../storage/read-bytes.ts';
import { writeBytes } from '../../storage/write-bytes.ts';
import type { Source } from '../source/source.ts';

/** Bytes that are read once from where they are, and then from here, in any order. */
export interface Spool extends AsyncDisposable {
  /** Holds these bytes in place of those before; `start` is where they begin in the source that is returned. */
  hold(
    chunks: AsyncIterable<Uint8Array>,
    start: number,
    signal: AbortSignal | undefined,
  ): Promise<Pick<Source, 'read'>>;
}

/**
 * A file in the folder for temporary ones (`TMPDIR`) that has no name any more: nobody else can open it, and it is gone with
 * the process. Throws `NoSpace` where it does not fit, `ConfigError` where it cannot be.
 */
export async function openSpool(): Promise<Spool> {
  const file = await openNameless().catch(explain);
  return {
    async hold(chunks, start, signal) {
      await file.truncate(0).catch(explain);
      let sizeBytes = 0;
      for await (const chunk of chunks) {
        await writeBytes(file, chunk).catch(explain);
        sizeBytes += chunk.length;
        freeChunk(chunk);
      }
      return {
        read({ range = { start, end: start + sizeBytes - 1 } } = {}) {
          return readBytes(
            file,
            { start: range.start - start, end: Math.min(range.end - start, sizeBytes - 1) },
            signal,
          );
        },
      };
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-import-'));
  try {
    return await open(join(folder, 'spool'), 'ax+', 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function explain(error: unknown): never {
  const code = errnoOf(error);
  if (code === undefined) throw error;
  throw new AppError(
    FULL.has(code) ? 'NoSpace' : 'ConfigError',
    `${tmpdir()} does not take a row group of the file (${code}), which is read by way of a temporary one: free space there, or name another folder by TMPDIR`,
    { cause: error, code },
  );
}

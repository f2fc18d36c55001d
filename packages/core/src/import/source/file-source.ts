import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../errors.ts';
import { readBytes } from '../../storage/read-bytes.ts';
import type { Source } from './source.ts';

/**
 * A file of this machine. It is held open, so that one that is replaced under its name is read to its end as it was;
 * one that is altered in place is a `Conflict`. Throws `NotFound`, `NotAllowed`, and `InvalidInput` for what is no file.
 */
export async function openFileSource(path: string): Promise<Source> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw openingError(path, error);
  });
  try {
    const opened = await handle.stat({ bigint: true });
    if (!opened.isFile()) throw new AppError('InvalidInput', `${path} is not a regular file`, { path });
    const last = Number(opened.size) - 1;
    return {
      uri: pathToFileURL(path).href,
      sizeBytes: Number(opened.size),
      isLocal: true,
      async *read({ range: { start, end } = { start: 0, end: last }, signal } = {}) {
        yield* readBytes(handle, { start, end: Math.min(end, last) }, signal);
        if (isAltered(opened, await handle.stat({ bigint: true }))) {
          throw new AppError('Conflict', `${path} was written to while it was read: nothing of it was kept`, { path });
        }
      },
      async expectUnchanged() {
        const present = await stat(path, { bigint: true }).catch(() => undefined);
        if (present?.ino === opened.ino && present.dev === opened.dev && !isAltered(opened, present)) return;
        throw new AppError(
          'Conflict',
          `${path} is no longer the file that was read (${present ? 'it was written to or replaced' : 'it is gone'}): nothing of it was kept`,
          { path },
        );
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function isAltered(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs;
}

function openingError(path: string, error: NodeJS.ErrnoException): unknown {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('NotFound', `there is no file ${path}`, { path, cause: error });
    case 'EACCES':
    case 'EPERM':
      return new AppError('NotAllowed', `${path} may not be read`, { path, cause: error });
    default:
      return error;
  }
}

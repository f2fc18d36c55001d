import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';

/**
 * A named pipe in a private folder, through which a script reaches psql beside the standard input that steers it.
 * psql reads it as a file (`\i`): where the script ends, even within a string or the data of a COPY, it ends.
 */
export interface ScriptPipe extends AsyncDisposable {
  /** The folder, for what else a tool must read as a file. */
  readonly folder: string;
  readonly path: string;
  /** Writes the script; ends once all of it was read. Throws when the reader leaves early. */
  write(script: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

export async function openScriptPipe(): Promise<ScriptPipe> {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-restore-'));
  const path = join(folder, 'script');
  await promisify(execFile)('mkfifo', ['-m', '600', path]).catch((error: unknown) => {
    throw new AppError('ConfigError', `cannot create a named pipe in ${folder}: ${String(error)}`, { cause: error });
  });
  return {
    folder,
    path,
    async write(script, signal) {
      // The reader may be gone already: nobody would ever open the other end.
      signal.throwIfAborted();
      // A process of its own opens the pipe: opening waits for the reader, and a thread of ours that waits for a
      // reader that never comes could not be ended.
      const writer = spawn('sh', ['-c', 'exec cat > "$0"', path], { stdio: ['pipe', 'ignore', 'ignore'] });
      const end = () => void writer.kill('SIGKILL');
      signal.addEventListener('abort', end, { once: true });
      const closed = once(writer, 'close');
      // Awaited later, after the script: until then a failure is not "unhandled".
      closed.catch(() => undefined);
      try {
        await pipeline(Readable.from(script, { objectMode: false }), writer.stdin);
        const [code] = await closed;
        if (code !== 0) throw new AppError('ToolFailed', 'broken pipe: psql stopped reading the script');
      } finally {
        signal.removeEventListener('abort', end);
        end();
      }
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { AppError } from '../errors.ts';
import type { RunningTool } from '../postgres/run-tool.ts';

/** The last line that pg_dump writes into a plain dump, before what later minor releases add. */
const PLAIN_TRAILER = '-- PostgreSQL database dump complete';
const TRAILER_WINDOW_BYTES = 4_096;

/**
 * The output of `dump`, chunk by chunk. It ends only after the tool exited 0 and all of its output was passed on, and
 * `reader`, a pg_restore that is fed the same bytes, has read them as a whole archive; a plain dump, which has no
 * reader, must end as pg_dump ends one. Otherwise it throws (`ToolFailed`, `CorruptDump`), and whoever stores it
 * stores nothing. Both tools are gone when it ends, however it ends.
 */
export async function* archiveStream(dump: RunningTool, reader: RunningTool | undefined): AsyncGenerator<Uint8Array> {
  let tail: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of dump.stdout as AsyncIterable<Buffer>) {
      if (reader) await feed(reader, chunk);
      else tail = Buffer.concat([tail, chunk]).subarray(-TRAILER_WINDOW_BYTES);
      yield chunk;
    }
    // First the tool's own word: of a dump that failed, the reader would only say that it is cut short.
    await dump.exited;
    if (reader) await readToTheEnd(reader);
    else if (!tail.includes(PLAIN_TRAILER)) {
      throw new AppError('ToolFailed', 'pg_dump exited 0, but its output does not end as a plain dump does');
    }
  } finally {
    await Promise.all([dump.kill(), reader?.kill()]);
  }
}

/** Writes with back-pressure. A reader that has left takes no more; why it left is asked at the end. */
async function feed({ stdin }: RunningTool, chunk: Buffer): Promise<void> {
  if (stdin.destroyed || stdin.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stdin.off('drain', done).off('close', done);
      resolve();
    };
    stdin.on('drain', done).on('close', done);
  });
}

async function readToTheEnd(reader: RunningTool): Promise<void> {
  reader.stdin.end();
  try {
    await reader.exited;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new AppError('CorruptDump', `pg_dump exited 0, but its archive cannot be read back: ${said}`, {
      cause: error,
    });
  }
}

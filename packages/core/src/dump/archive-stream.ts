import { AppError, isAppError } from '../errors.ts';
import type { RunningTool } from '../postgres/run-tool.ts';
import { freeChunk } from '../storage/free-chunk.ts';

/** The last line that pg_dump writes into a plain dump, before what later minor releases add. */
const PLAIN_TRAILER = '-- PostgreSQL database dump complete';
const TRAILER_WINDOW_BYTES = 4_096;

const READER_LAG_BYTES = 16 * 1_048_576;

/**
 * The output of `dump`, chunk by chunk. It ends only after the tool exited 0 and all of its output was passed on, and
 * `reader`, a pg_restore that is fed the same bytes, has read them as a whole archive; a plain dump, which has no
 * reader, must end as pg_dump ends one. Otherwise it throws (`ToolFailed`, `CorruptDump`), and whoever stores it
 * stores nothing. A chunk is gone once the next is asked for. The tools stay the caller's: a stream that nobody begins
 * to read can end neither.
 */
export async function* archiveStream(dump: RunningTool, reader: RunningTool | undefined): AsyncGenerator<Uint8Array> {
  let tail: Buffer = Buffer.alloc(0);
  const feed = reader && readerFeed(reader);
  for await (const chunk of dump.stdout as AsyncIterable<Buffer>) {
    let holders = feed ? 2 : 1;
    const letGo = () => {
      holders -= 1;
      if (holders === 0) freeChunk(chunk);
    };
    if (feed) await feed(chunk, letGo);
    else tail = Buffer.concat([tail, chunk]).subarray(-TRAILER_WINDOW_BYTES);
    yield chunk;
    letGo();
  }
  // First the tool's own word: of a dump that failed, the reader would only say that it is cut short.
  await dump.exited;
  if (reader) await readToTheEnd(reader);
  else if (!tail.includes(PLAIN_TRAILER)) {
    throw new AppError('ToolFailed', 'pg_dump exited 0, but its output does not end as a plain dump does');
  }
}

/**
 * Passes chunks on to a reader that may lag behind by `READER_LAG_BYTES`: it checks, and must not slow down what it
 * checks for as long as it keeps up on the whole. A reader that has left takes no more; why is asked at the end.
 */
function readerFeed({ stdin }: RunningTool): (chunk: Buffer, letGo: () => void) => Promise<void> {
  let caughtUp = () => {};
  stdin.on('close', () => caughtUp());
  return async (chunk, letGo) => {
    if (stdin.destroyed) return;
    stdin.write(chunk, () => {
      letGo();
      if (stdin.writableLength < READER_LAG_BYTES) caughtUp();
    });
    if (stdin.writableLength < READER_LAG_BYTES) return;
    await new Promise<void>((resolve) => {
      caughtUp = resolve;
    });
  };
}

async function readToTheEnd(reader: RunningTool): Promise<void> {
  reader.stdin.end();
  try {
    await reader.exited;
  } catch (error) {
    // An interruption says nothing of the archive.
    if (!isAppError(error, 'ToolFailed')) throw error;
    throw new AppError('CorruptDump', `pg_dump exited 0, but its archive cannot be read back: ${error.message}`, {
      cause: error,
    });
  }
}

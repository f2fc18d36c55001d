import { openSync, writev } from 'node:fs';
import { promisify } from 'node:util';
import { freeChunk } from '@datasens/core/storage/free-chunk.ts';
import type { S3Settings } from '@datasens/core/storage/s3/settings.ts';
import { s3Store } from '@datasens/core/storage/s3.ts';

/** `in` stores stdin, `out` writes the object to stdout. */
export interface StreamRequest {
  readonly settings: S3Settings;
  readonly key: string;
  readonly direction: 'in' | 'out';
}

export interface StreamMeasure {
  readonly peakRssMb: number;
}

/** A process of its own: streams one object, and prints its memory as JSON on stderr. */
const CHUNKS_AHEAD = 16;
const writeTo = promisify(writev);
/** Opened anew: whoever looks at `process.stdout` makes that a pipe that does not wait. */
const stdout = openSync('/dev/stdout', 'w');
const { settings, key, direction }: StreamRequest = JSON.parse(process.argv[2] ?? '');
const store = s3Store(settings);
if (direction === 'in') await store.put(key, stdin());
else await toStdout(store.read(key));
const measure: StreamMeasure = { peakRssMb: (process.resourceUsage().maxRSS * 1_024) / 1e6 };
console.error(JSON.stringify(measure));
process.exit();

async function* stdin() {
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    yield chunk;
    freeChunk(chunk);
  }
}

/** Goes on reading while what was read is written, as a restore does that feeds pg_restore. */
async function toStdout(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const waiting: Uint8Array[] = [];
  let writing: Promise<void> | undefined;
  const write = () => {
    if (writing || waiting.length === 0) return;
    writing = writeAll(waiting.splice(0)).finally(() => {
      writing = undefined;
      write();
    });
  };
  for await (const chunk of chunks) {
    waiting.push(chunk);
    write();
    if (waiting.length >= CHUNKS_AHEAD) await writing;
  }
  while (writing) await writing;
}

/** A stream of Node's would copy what a pipe does not take at once, again and again. */
async function writeAll(chunks: Uint8Array[]): Promise<void> {
  while (chunks.length > 0) {
    let { bytesWritten } = await writeTo(stdout, chunks);
    for (const first of chunks.splice(0)) {
      if (bytesWritten >= first.length) {
        bytesWritten -= first.length;
        freeChunk(first);
      } else {
        chunks.push(first.subarray(bytesWritten));
        bytesWritten = 0;
      }
    }
  }
}

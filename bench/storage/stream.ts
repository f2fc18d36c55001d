import { createWriteStream } from 'node:fs';
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
const CHUNKS_AHEAD = 8;
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
  const stdout = createWriteStream('', { fd: 1, autoClose: false });
  const writing: Promise<void>[] = [];
  for await (const chunk of chunks) {
    const written = new Promise((resolve) => stdout.write(chunk, resolve));
    writing.push(written.then(() => freeChunk(chunk)));
    if (writing.length > CHUNKS_AHEAD) await writing.shift();
  }
  await Promise.all(writing);
}

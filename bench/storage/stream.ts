import { writeFileSync } from 'node:fs';
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
  readonly bytes: number;
  readonly peakRssMb: number;
}

/** A process of its own: streams one object, and prints its size and its own memory as JSON on stderr. */
const { settings, key, direction }: StreamRequest = JSON.parse(process.argv[2] ?? '');
const store = s3Store(settings);
let bytes = 0;
if (direction === 'in') await store.put(key, stdin());
else await toStdout(store.read(key));
const measure: StreamMeasure = { bytes, peakRssMb: (process.resourceUsage().maxRSS * 1_024) / 1e6 };
console.error(JSON.stringify(measure));
process.exit();

async function* stdin() {
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    yield chunk;
    freeChunk(chunk);
  }
}

async function toStdout(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    writeFileSync(1, chunk);
    bytes += chunk.length;
    freeChunk(chunk);
  }
}

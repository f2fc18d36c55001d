import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
const { settings, key, direction }: StreamRequest = JSON.parse(process.argv[2] ?? '');
const store = s3Store(settings);
if (direction === 'in') await store.put(key, process.stdin);
else await pipeline(store.read(key), process.stdout as Writable);
const measure: StreamMeasure = { peakRssMb: (process.resourceUsage().maxRSS * 1_024) / 1e6 };
console.error(JSON.stringify(measure));
process.exit();

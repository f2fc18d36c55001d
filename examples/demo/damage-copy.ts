import { cp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Copies the bucket to `copy`, afresh, and there turns over every bit of one byte in the middle of the object `key`. */
export async function damageCopy(bucket: string, copy: string, key: string): Promise<{ position: number }> {
  await rm(copy, { recursive: true, force: true });
  await cp(bucket, copy, { recursive: true });
  await using file = await open(join(copy, key), 'r+');
  const position = Math.floor((await file.stat()).size / 2);
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  await file.write(Buffer.from([byte.readUInt8() ^ 0xff]), 0, 1, position);
  return { position };
}

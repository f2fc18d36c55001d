import { linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestBucket } from './s3-bucket.ts';
import type { S3Server } from './s3-server.ts';

/** A file can have some 65,000 names on ext4. */
const NAMES_PER_FILE = 50_000;

/**
 * Has `bucket` hold an object under each key of one folder, all of the same bytes, in seconds: they are put where the
 * server would have put them. An object of versitygw is a file; one of MinIO is a folder with a file that does not tell
 * its key, and so one file serves for many.
 */
export async function seedObjects(
  { kind, dataFolder }: S3Server,
  bucket: TestBucket,
  keys: readonly string[],
  body: string,
): Promise<void> {
  const placeOf = (key: string) => join(dataFolder, bucket.name, key);
  for (let i = 0; i < keys.length; i += NAMES_PER_FILE) {
    const [first = '', ...others] = keys.slice(i, i + NAMES_PER_FILE);
    await bucket.put(first, body);
    for (const key of others) {
      if (kind === 'minio') mkdirSync(placeOf(key));
      const file = kind === 'minio' ? 'xl.meta' : '';
      linkSync(join(placeOf(first), file), join(placeOf(key), file));
    }
  }
}

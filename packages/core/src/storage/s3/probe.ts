import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { Bucket } from './client.ts';

/** An object that a server is asked about itself with. */
export interface Probe {
  /** What every request of it names. */
  readonly object: { readonly Bucket: string; readonly Key: string };
  put(condition?: { readonly IfNoneMatch: string }): Promise<void>;
}

/** What `ask` makes of an object below `.datasens/probe/`, which is gone afterwards. */
export async function withProbe<T>(
  { client, object, newObject }: Bucket,
  ask: (probe: Probe) => Promise<T>,
): Promise<T> {
  const probe = object(`.datasens/probe/${randomUUID()}`);
  const versions = new Set<string | undefined>();
  const put: Probe['put'] = async (condition = undefined) => {
    const command = new PutObjectCommand({
      ...probe,
      ...newObject(),
      ...condition,
      Body: 'probe',
      ContentLength: 5,
      // A bucket with Object Lock takes none without.
      ChecksumAlgorithm: 'CRC32',
    });
    try {
      versions.add((await client.send(command)).VersionId);
    } catch (error) {
      // Its answer may be what was lost.
      if (versions.size === 0) versions.add(undefined);
      throw error;
    }
  };
  try {
    return await ask({ object: probe, put });
  } finally {
    // The version, so that a bucket with versions keeps nothing of it either; where a lock keeps that, out of sight. Who
    // may write but not delete leaves it: that is no reason to refuse their writes.
    for (const VersionId of versions) {
      await client
        .send(new DeleteObjectCommand({ ...probe, VersionId }))
        .catch(() => client.send(new DeleteObjectCommand(probe)))
        .catch(() => undefined);
    }
  }
}

/** Has `ask` throw what it throws for each bucket, having asked its server once; AWS's own need not be asked. */
export function askedOnce(ask: (bucket: Bucket) => Promise<void>): (bucket: Bucket) => Promise<void> {
  const known = new WeakMap<Bucket, Promise<void>>();
  return (bucket) => {
    if (!bucket.settings.endpoint) return Promise.resolve();
    const asked = known.get(bucket) ?? ask(bucket);
    known.set(bucket, asked);
    // A server that could not be asked is asked again.
    asked.catch((error: unknown) => !(error instanceof AppError) && known.delete(bucket));
    return asked;
  };
}

import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { Bucket } from './client.ts';
import { failureOf } from './errors.ts';

const known = new WeakMap<Bucket, Promise<void>>();

/**
 * Throws `ConfigError` where the server ignores `If-None-Match`, and so would let two writers overwrite each other. It
 * is asked once, before the first write that depends on it, with an object that is gone afterwards; AWS need not be.
 */
export function requireConditionalWrites(bucket: Bucket): Promise<void> {
  if (!bucket.settings.endpoint) return Promise.resolve();
  const asked = known.get(bucket) ?? ask(bucket);
  known.set(bucket, asked);
  // A server that could not be asked is asked again.
  asked.catch((error: unknown) => !(error instanceof AppError) && known.delete(bucket));
  return asked;
}

async function ask({ client, uri, object }: Bucket): Promise<void> {
  const probe = object(`.datasens/probe/${randomUUID()}`);
  const put = () =>
    client.send(
      new PutObjectCommand({
        ...probe,
        Body: 'probe',
        ContentLength: 5,
        IfNoneMatch: '*',
        // A bucket with Object Lock takes none without.
        ChecksumAlgorithm: 'CRC32',
      }),
    );
  // The version, so that a bucket with versions keeps nothing of it either; where a lock keeps that, out of sight. Who
  // may write but not delete leaves it: that is no reason to refuse their writes.
  const remove = (VersionId: string | undefined) =>
    client
      .send(new DeleteObjectCommand({ ...probe, VersionId }))
      .catch(() => client.send(new DeleteObjectCommand(probe)))
      .then(
        () => undefined,
        () => undefined,
      );
  const first = await put().catch((error: unknown) => {
    if (failureOf(error)?.status === 412) return undefined;
    throw error;
  });
  // Its answer was lost, and the request that was sent again found it there: that, too, is an answer to the question.
  if (!first) return await remove(undefined);
  try {
    const second = await put();
    if (second.VersionId) await remove(second.VersionId);
  } catch (error) {
    if (failureOf(error)?.status === 412) return;
    throw error;
  } finally {
    await remove(first.VersionId);
  }
  throw new AppError(
    'ConfigError',
    `the server of ${uri} ignores conditional writes (If-None-Match), so that two dumps could overwrite each other: ` +
      `use one that has them, as MinIO and versitygw do in their present versions`,
  );
}

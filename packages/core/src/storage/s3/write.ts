import { randomUUID } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { PutOptions } from '../blob-store.ts';
import type { Bucket } from './client.ts';
import { requireConditionalWrites } from './conditional-writes.ts';
import { failureOf } from './errors.ts';
import { requireStoredAsConfigured } from './stored-as-configured.ts';
import { taggingHeader } from './tags.ts';

/**
 * Metadata that every write of ours has a value of its own of, and that no caller sees: where the answer to a write was
 * lost it tells whose bytes those are, which an ETag does not, for two writers may have written the same.
 */
export const WRITE_ID = 'datasens-write';

const FIND_OUT_WITHIN_MS = 30_000;

/** One write of one object. */
export interface Write {
  readonly bucket: Bucket;
  readonly key: string;
  readonly ifAbsent: boolean;
  readonly id: string;
  /** What every request of the write names. */
  readonly object: { readonly Bucket: string; readonly Key: string };
  /** What the request has that creates the object. */
  readonly created: ReturnType<Bucket['newObject']> &
    ReturnType<typeof taggingHeader> & { readonly Metadata: Record<string, string> };
  /** What the request has that makes it visible. */
  readonly condition: { readonly IfNoneMatch?: string };
}

/** What a server says it has stored. */
export interface Stored {
  readonly etag: string;
  /** CRC-32 of the whole object as S3 writes it; absent where the server keeps none. */
  readonly checksum: string | undefined;
}

/** Throws `ConfigError` where the server ignores a condition of the write, or how objects are to be stored. */
export async function openWrite(
  bucket: Bucket,
  key: string,
  {
    ifAbsent = false,
    metadata = {},
    tags = {},
    storageClass,
  }: PutOptions & { readonly storageClass?: string | undefined },
): Promise<Write> {
  await requireStoredAsConfigured(bucket);
  if (ifAbsent) await requireConditionalWrites(bucket);
  const id = randomUUID();
  return {
    bucket,
    key,
    ifAbsent,
    id,
    object: bucket.object(key),
    created: { ...bucket.newObject(storageClass), ...taggingHeader(tags), Metadata: { ...metadata, [WRITE_ID]: id } },
    condition: ifAbsent ? { IfNoneMatch: '*' } : {},
  };
}

/** Throws `Conflict` for a write that can only fail. */
export async function expectAbsent({ bucket, key }: Write, signal: AbortSignal | undefined): Promise<void> {
  if (await look(bucket, key, signal)) throw conflict(key);
}

/**
 * What is stored, if it is what this write has written, although it failed for `reason`: an answer may be lost, and the
 * request that is sent again then finds its own object. Throws `reason` if it is not, or cannot be known.
 */
export async function findWritten({ bucket, key, id }: Write, reason: unknown): Promise<Stored> {
  const found = await look(bucket, key, AbortSignal.timeout(FIND_OUT_WITHIN_MS)).catch(() => {
    throw reason;
  });
  if (found?.writeId === id) return found;
  if (found && failureOf(reason)?.code === 'PreconditionFailed') throw conflict(key);
  throw reason;
}

/** What is under `key`; undefined where nothing is. Throws what the SDK throws. */
export async function look(bucket: Bucket, key: string, signal: AbortSignal | undefined) {
  try {
    const found = await bucket.client.send(new HeadObjectCommand({ ...bucket.object(key), ChecksumMode: 'ENABLED' }), {
      abortSignal: signal,
    });
    return {
      etag: found.ETag ?? '',
      checksum: ofWhole(found.ChecksumCRC32),
      writeId: found.Metadata?.[WRITE_ID],
    };
  } catch (error) {
    if (failureOf(error)?.status === 404) return undefined;
    throw error;
  }
}

/**
 * A checksum that is of the bytes. One of the checksums of the parts has their number behind it (S3 user guide, "Checking
 * object integrity"); the answer that says so by a field of its own is not one that every server gives.
 */
export function ofWhole(checksum: string | undefined): string | undefined {
  return checksum?.includes('-') ? undefined : checksum;
}

function conflict(key: string): AppError {
  return new AppError('Conflict', `${JSON.stringify(key)} is there already`, { key });
}

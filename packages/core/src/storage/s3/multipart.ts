import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
} from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import { type Crc32, formatCrc32 } from './crc32.ts';
import { expectAbsent, findWritten, ofWhole, type Stored, type Write } from './write.ts';

const CLEAN_UP_WITHIN_MS = 30_000;

/** The parts of an upload, in order; `whole` where each has its CRC-32 and so has the object. */
export interface Parts {
  readonly parts: CompletedPart[];
  readonly whole?: Crc32;
}

export interface MultipartOptions {
  /** Whether `send` knows the CRC-32 of each part, and of them together. */
  readonly checksums: boolean;
  /** Where `send` adds each part. */
  readonly sending: Sending;
}

/**
 * Stores an object in parts, which `send` uploads. The object is visible whole or not at all, and of an upload that
 * fails no part stays.
 */
export async function multipart(
  write: Write,
  { checksums, sending }: MultipartOptions,
  send: (uploadId: string) => Promise<Parts>,
): Promise<Stored> {
  const { signal } = sending;
  // Before the bytes are sent: the answer after them would be the same.
  if (write.ifAbsent) await expectAbsent(write, signal);
  const uploadId = await begin(write, checksums, signal);
  try {
    return await complete(write, uploadId, await send(uploadId), signal);
  } catch (error) {
    // A part that arrived after the end of its upload would stay.
    await sending.cancel();
    return await end(write, uploadId, error);
  }
}

async function begin(write: Write, checksums: boolean, signal: AbortSignal): Promise<string> {
  const { bucket, object, created } = write;
  const checksum = checksums ? ({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const) : {};
  const command = new CreateMultipartUploadCommand({ ...object, ...created, ...checksum });
  const { UploadId } = await bucket.client.send(command, { abortSignal: signal });
  if (UploadId) return UploadId;
  throw new AppError('ConfigError', `${bucket.uri}: the server does not answer as S3 does, it named no upload`);
}

async function complete(
  { bucket, object, condition }: Write,
  UploadId: string,
  { parts, whole }: Parts,
  signal: AbortSignal,
): Promise<Stored> {
  const checksum = whole
    ? ({ ChecksumType: 'FULL_OBJECT', ChecksumCRC32: formatCrc32(whole), MpuObjectSize: whole.sizeBytes } as const)
    : {};
  const command = new CompleteMultipartUploadCommand({
    ...object,
    ...condition,
    ...checksum,
    UploadId,
    MultipartUpload: { Parts: parts },
  });
  const { ETag = '', ChecksumCRC32 } = await bucket.client.send(command, { abortSignal: signal });
  return { etag: ETag, checksum: ofWhole(ChecksumCRC32) };
}

/**
 * Ends an upload that failed for `reason`, and throws it; unless it was completed, and only the answer was lost. Servers
 * differ in what they answer to the end of an upload that is complete: what counts is whether the object is ours.
 */
async function end(write: Write, UploadId: string, reason: unknown): Promise<Stored> {
  const { bucket, object } = write;
  const abortSignal = AbortSignal.timeout(CLEAN_UP_WITHIN_MS);
  const command = new AbortMultipartUploadCommand({ ...object, UploadId });
  await bucket.client.send(command, { abortSignal }).catch(() => undefined);
  return await findWritten(write, reason);
}

/** Parts that are sent side by side. */
export interface Sending {
  /** Aborts when the caller's signal does, or when a part fails. */
  readonly signal: AbortSignal;
  readonly count: number;
  add(part: Promise<CompletedPart>): void;
  /** All of them, in order. */
  done(): Promise<CompletedPart[]>;
  /** Ends those that are under way, and waits for them. */
  cancel(): Promise<void>;
}

export function sendingParts(signal: AbortSignal | undefined): Sending {
  const failed = new AbortController();
  const parts: Promise<CompletedPart>[] = [];
  return {
    signal: AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]),
    get count() {
      return parts.length;
    },
    add(part) {
      part.catch((error: unknown) => failed.abort(error));
      parts.push(part);
    },
    done: () => Promise.all(parts),
    async cancel() {
      failed.abort();
      await Promise.allSettled(parts);
    },
  };
}

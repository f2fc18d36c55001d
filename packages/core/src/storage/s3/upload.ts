import { Readable } from 'node:stream';
import { type CompletedPart, DeleteObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { BlobVersion, PutOptions } from '../blob-store.ts';
import { freeChunk } from '../free-chunk.ts';
import { type Body, inPieces, sizeOf } from '../in-pieces.ts';
import { untilAborted } from '../until-aborted.ts';
import { blockPool } from './block-pool.ts';
import type { Bucket } from './client.ts';
import { type Crc32, crc32Of, EMPTY, formatCrc32, joinCrc32 } from './crc32.ts';
import { download } from './download.ts';
import { multipart, sendingParts } from './multipart.ts';
import { BLOCK_BYTES, blocksOfPart } from './part-sizes.ts';
import { withRetries } from './retry.ts';
import { findWritten, openWrite, type Stored, type Write } from './write.ts';

/** Stores `body` under `key`: in one request if it is small, else in parts. Throws what the SDK throws, and AppErrors. */
export async function upload(bucket: Bucket, key: string, body: Body, options: PutOptions): Promise<BlobVersion> {
  const write = await openWrite(bucket, key, options);
  const pool = blockPool();
  const sending = sendingParts(options.signal);
  const sizeBytes = sizeOf(body);
  const take =
    sizeBytes !== undefined && sizeBytes < BLOCK_BYTES
      ? // A block for each event of a journal would cost more than to send it.
        () => Buffer.allocUnsafe(sizeBytes)
      : () => untilAborted(pool.take(blocksOf(write, sending.count + 1)), sending.signal);
  const blocks = inPieces(body, take, sending.signal);
  let whole = EMPTY;
  try {
    const { value: first = Buffer.alloc(0) } = await blocks.next();
    // A block that is not full is the last one.
    if (first.length < BLOCK_BYTES) {
      const sum = crc32Of(first);
      return await prove(write, sum, await putWhole(write, first, sum, sending.signal));
    }
    const stored = await multipart(write, { checksums: true, sending }, async (uploadId) => {
      const send = (bytes: readonly Buffer[]) => {
        const sum = bytes.reduce((before, block) => crc32Of(block, before), EMPTY);
        whole = joinCrc32(whole, sum);
        const part = sendPart(write, { uploadId, number: sending.count + 1, bytes, sum }, sending.signal);
        sending.add(part.finally(() => pool.give(bytes)));
      };
      const part = [first];
      for (;;) {
        if (part.length === blocksOf(write, sending.count + 1)) send(part.splice(0));
        const { value: block } = await blocks.next();
        if (!block) break;
        part.push(block);
      }
      if (part.length > 0) send(part);
      return { parts: await sending.done(), whole };
    });
    return await prove(write, whole, stored);
  } finally {
    await blocks.return();
  }
}

async function putWhole(write: Write, bytes: Buffer, sum: Crc32, signal: AbortSignal): Promise<Stored> {
  const { bucket, object, created, condition } = write;
  const command = new PutObjectCommand({
    ...object,
    ...created,
    ...condition,
    Body: bytes,
    ContentLength: bytes.length,
    ChecksumCRC32: formatCrc32(sum),
  });
  try {
    const { ETag = '', ChecksumCRC32: checksum } = await bucket.client.send(command, { abortSignal: signal });
    return { etag: ETag, checksum };
  } catch (error) {
    return await findWritten(write, error);
  }
}

interface Part {
  readonly uploadId: string;
  readonly number: number;
  readonly bytes: readonly Buffer[];
  readonly sum: Crc32;
}

async function sendPart(
  { bucket, object }: Write,
  { uploadId, number, bytes, sum }: Part,
  signal: AbortSignal,
): Promise<CompletedPart> {
  const ChecksumCRC32 = formatCrc32(sum);
  const send = () =>
    bucket.client.send(
      new UploadPartCommand({
        ...object,
        UploadId: uploadId,
        PartNumber: number,
        // As a stream the SDK neither copies nor hashes it.
        Body: Readable.from(bytes, { objectMode: false }),
        ContentLength: sum.sizeBytes,
        ChecksumCRC32,
      }),
      { abortSignal: signal },
    );
  const { ETag } = await withRetries(send, signal);
  return { PartNumber: number, ETag, ChecksumCRC32 };
}

/** The version, once it is certain that what was sent is what is stored: by the server's checksum, else by reading it. */
async function prove(write: Write, sent: Crc32, { etag, checksum }: Stored): Promise<BlobVersion> {
  const { bucket, key, object } = write;
  if ((checksum ?? (await readBack(write, etag))) === formatCrc32(sent))
    return { key, sizeBytes: sent.sizeBytes, etag };
  await bucket.client.send(new DeleteObjectCommand(object)).catch(() => undefined);
  throw new AppError('Transient', `${bucket.uri} stored other bytes of ${JSON.stringify(key)} than were sent`, { key });
}

async function readBack({ bucket, key }: Write, etag: string): Promise<string> {
  let stored = EMPTY;
  for await (const chunk of download(bucket, key, { etag })) {
    stored = crc32Of(chunk, stored);
    freeChunk(chunk);
  }
  return formatCrc32(stored);
}

function blocksOf({ bucket, key }: Write, number: number): number {
  const blocks = blocksOfPart(number);
  if (blocks !== undefined) return blocks;
  throw new AppError('InvalidInput', `${JSON.stringify(key)} is larger than an object in ${bucket.uri} can be`, {
    key,
  });
}

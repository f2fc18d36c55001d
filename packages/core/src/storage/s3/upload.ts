import { crc32 } from 'node:zlib';
import { type CompletedPart, DeleteObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { BlobVersion, PutOptions } from '../blob-store.ts';
import { type Body, inPieces } from '../in-pieces.ts';
import { untilAborted } from '../until-aborted.ts';
import { bufferPool } from './buffer-pool.ts';
import type { Bucket } from './client.ts';
import { download } from './download.ts';
import { multipart, sendingParts } from './multipart.ts';
import { partSize } from './part-sizes.ts';
import { findWritten, openWrite, type Stored, type Write } from './write.ts';

/** Stores `body` under `key`: in one request if it is small, else in parts. Throws what the SDK throws, and AppErrors. */
export async function upload(bucket: Bucket, key: string, body: Body, options: PutOptions): Promise<BlobVersion> {
  const write = await openWrite(bucket, key, options);
  const pool = bufferPool();
  const sending = sendingParts(options.signal);
  const take = () => untilAborted(pool.take(sizeOfPart(write, sending.count + 1)), sending.signal);
  const pieces = inPieces(body, take, sending.signal);
  const whole = new Whole();
  try {
    const { value: first } = await pieces.next();
    // What its buffer was too large for is the last piece.
    if (!first || first.length < first.buffer.byteLength) {
      const bytes = first ?? Buffer.alloc(0);
      whole.add(bytes);
      return await prove(write, whole, await putWhole(write, bytes, whole.checksum, sending.signal));
    }
    const stored = await multipart(write, { checksums: true, sending }, async (uploadId) => {
      const send = (bytes: Buffer) => {
        whole.add(bytes);
        const part = sendPart(write, { uploadId, number: sending.count + 1, bytes }, sending.signal);
        sending.add(part.finally(() => pool.give(bytes)));
      };
      send(first);
      for await (const piece of pieces) send(piece);
      return { parts: await sending.done(), whole };
    });
    return await prove(write, whole, stored);
  } finally {
    await pieces.return();
  }
}

/** What has been sent so far. */
class Whole {
  sizeBytes = 0;
  #crc32 = 0;

  add(bytes: Uint8Array): void {
    this.sizeBytes += bytes.length;
    this.#crc32 = crc32(bytes, this.#crc32);
  }

  get checksum(): string {
    return formatCrc32(this.#crc32);
  }
}

async function putWhole(write: Write, bytes: Buffer, ChecksumCRC32: string, signal: AbortSignal): Promise<Stored> {
  const { bucket, object, created, condition } = write;
  const command = new PutObjectCommand({
    ...object,
    ...created,
    ...condition,
    Body: bytes,
    ContentLength: bytes.length,
    ChecksumCRC32,
  });
  try {
    const { ETag = '', ChecksumCRC32: checksum } = await bucket.client.send(command, { abortSignal: signal });
    return { etag: ETag, checksum };
  } catch (error) {
    return await findWritten(write, error);
  }
}

async function sendPart(
  { bucket, object }: Write,
  { uploadId, number, bytes }: { readonly uploadId: string; readonly number: number; readonly bytes: Buffer },
  signal: AbortSignal,
): Promise<CompletedPart> {
  const ChecksumCRC32 = formatCrc32(crc32(bytes));
  const command = new UploadPartCommand({
    ...object,
    UploadId: uploadId,
    PartNumber: number,
    Body: bytes,
    ContentLength: bytes.length,
    ChecksumCRC32,
  });
  const { ETag } = await bucket.client.send(command, { abortSignal: signal });
  return { PartNumber: number, ETag, ChecksumCRC32 };
}

/** The version, once it is certain that what was sent is what is stored: by the server's checksum, else by reading it. */
async function prove(write: Write, sent: Whole, { etag, checksum }: Stored): Promise<BlobVersion> {
  const { bucket, key, object } = write;
  if ((checksum ?? (await readBack(write, etag))) === sent.checksum) return { key, sizeBytes: sent.sizeBytes, etag };
  await bucket.client.send(new DeleteObjectCommand(object)).catch(() => undefined);
  throw new AppError('Transient', `${bucket.uri} stored other bytes of ${JSON.stringify(key)} than were sent`, { key });
}

async function readBack({ bucket, key }: Write, etag: string): Promise<string> {
  const stored = new Whole();
  for await (const chunk of download(bucket, key, { etag })) stored.add(chunk);
  return stored.checksum;
}

function sizeOfPart({ bucket, key }: Write, number: number): number {
  const sizeBytes = partSize(number);
  if (sizeBytes !== undefined) return sizeBytes;
  throw new AppError('InvalidInput', `${JSON.stringify(key)} is larger than an object in ${bucket.uri} can be`, {
    key,
  });
}

/** As S3 writes a CRC-32: four bytes, the most significant first, in base64. */
function formatCrc32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

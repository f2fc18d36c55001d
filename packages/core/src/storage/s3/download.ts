import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { ReadOptions } from '../blob-store.ts';
import type { Bucket } from './client.ts';
import { directBody } from './direct-body.ts';
import { failureOf } from './errors.ts';
import { backOff } from './retry.ts';
import { ofVersion } from './versions.ts';

/** Connections in a row that break before they bring a single byte. */
const MOST_FRUITLESS = 5;

/**
 * The bytes of one version of the object. A connection that breaks is replaced by one that goes on where it broke, in
 * the version that was begun. Throws what the SDK throws.
 */
export async function* download(
  { client, object }: Bucket,
  key: string,
  { etag, versionId, range, signal }: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, end } = range ?? { start: 0, end: Number.MAX_SAFE_INTEGER };
  let position = start;
  let version = etag;
  for (let fruitless = 0; ; fruitless += 1) {
    const from = position;
    const part = from > 0 || end < Number.MAX_SAFE_INTEGER ? { Range: `bytes=${from}-${end}` } : {};
    const command = new GetObjectCommand({ ...object(key), ...ofVersion(versionId), IfMatch: version, ...part });
    // The SDK asks again by itself until there is an answer; what breaks after it is for us.
    const answer = await client.send(command, { abortSignal: signal }).catch(emptyWhereNothingIsLeft);
    if (!answer) return;
    version ??= answer.ETag;
    try {
      for await (const chunk of directBody(answer.Body as AsyncIterable<Buffer>, answer.ContentLength ?? 0)) {
        signal?.throwIfAborted();
        position += chunk.length;
        yield chunk;
      }
      if (position >= from + (answer.ContentLength ?? 0)) return;
      throw new Error('the answer ended early');
    } catch (error) {
      signal?.throwIfAborted();
      if (position > from) fruitless = 0;
      if (fruitless === MOST_FRUITLESS) throw error;
    }
    await backOff(fruitless + 1, signal);
  }
}

/** A range that begins behind the last byte is refused. */
function emptyWhereNothingIsLeft(error: unknown): undefined {
  if (failureOf(error)?.status !== 416) throw error;
}

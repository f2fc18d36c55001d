import { GetObjectTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import type { Tags } from '../blob-store.ts';
import type { Bucket } from './client.ts';
import { ofVersion } from './versions.ts';

/** Throws what the SDK throws. */
export async function readTags(
  { client, object }: Bucket,
  key: string,
  signal: AbortSignal | undefined,
  versionId?: string,
): Promise<Tags> {
  const command = new GetObjectTaggingCommand({ ...object(key), ...ofVersion(versionId) });
  const { TagSet = [] } = await client.send(command, { abortSignal: signal });
  return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Throws what the SDK throws. */
export async function writeTags(
  { client, object }: Bucket,
  key: string,
  tags: Tags,
  signal: AbortSignal | undefined,
): Promise<void> {
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await client.send(new PutObjectTaggingCommand({ ...object(key), Tagging: { TagSet } }), { abortSignal: signal });
}

/** As the header takes them that creates an object with tags. */
export function taggingHeader(tags: Tags): { readonly Tagging?: string } {
  const pairs = Object.entries(tags).map((pair) => pair.map(encodeURIComponent).join('='));
  return pairs.length > 0 ? { Tagging: pairs.join('&') } : {};
}

import type { BlobInfo } from '@datasens/core/storage/blob-store.ts';
import type { JsonObject } from '../step-functions/json.ts';

/**
 * A batch of messages for the starter, as SQS would bring them: of each file that was put into the inbox the event that S3
 * would have told (user guide, "Event message structure"). The time orders those of one key. `location` is where the store
 * is, `file:///dir` or `s3://bucket/prefix`.
 */
export function deliveryOf(location: string, files: readonly BlobInfo[]): JsonObject {
  const [, bucket = location, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location) ?? [];
  const keyOf = (key: string) => (prefix === '' ? key : `${prefix}/${key}`);
  return {
    Records: files.map(({ key, etag, sizeBytes, modifiedAt }, index) => ({
      messageId: String(index),
      body: JSON.stringify({
        Records: [
          {
            eventName: 's3:ObjectCreated:Put',
            eventTime: modifiedAt.toISOString(),
            s3: {
              bucket: { name: bucket },
              object: {
                key: keyOf(key).split('/').map(encodeURIComponent).join('/'),
                size: sizeBytes,
                eTag: etag,
                sequencer: modifiedAt.toISOString(),
              },
            },
          },
        ],
      }),
    })),
  };
}

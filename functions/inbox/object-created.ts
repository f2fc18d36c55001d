import { AppError } from '@datasens/core/errors.ts';
import * as z from 'zod';

/** An object that was written, as a message tells it. */
export interface ObjectCreated {
  readonly bucket: string;
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  /** Absent where the bucket keeps no versions. */
  readonly versionId?: string;
  /** Orders the events of one key; absent where the server has none. */
  readonly sequencer: string;
  /** Who wrote it, as far as the server tells. */
  readonly requester?: string;
}

/** S3 user guide, "EventBridge event message structure": keys are as they are. */
const FromEventBridge = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      etag: z.string().default(''),
      'version-id': z.string().optional(),
      sequencer: z.string().default(''),
    }),
    requester: z.string().optional(),
  }),
});

/** S3 user guide, "Event message structure", which MinIO has too: keys are encoded as those of a form. */
const FromBucket = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      s3: z.object({
        bucket: z.object({ name: z.string().min(1) }),
        object: z.object({
          key: z.string().min(1),
          eTag: z.string().default(''),
          versionId: z.string().optional(),
          sequencer: z.string().default(''),
        }),
      }),
      userIdentity: z.object({ principalId: z.string() }).optional(),
    }),
  ),
});

/** What S3 sends when it is told where to send events. */
const Test = z.object({ Event: z.literal('s3:TestEvent') });

/**
 * The objects that a message says were written, be it from EventBridge or from a bucket itself; none for any other event.
 * Throws `InvalidInput` for what is no event of S3.
 */
export function readObjectsCreated(message: string): ObjectCreated[] {
  const json = parse(message);
  const bridged = FromEventBridge.safeParse(json).data;
  if (bridged) {
    const { bucket, object, requester } = bridged.detail;
    if (bridged['detail-type'] !== 'Object Created') return [];
    const { key, etag, sequencer, 'version-id': versionId } = object;
    return [created({ bucket: bucket.name, key, etag, versionId, sequencer, requester })];
  }
  const direct = FromBucket.safeParse(json).data;
  if (direct) {
    return direct.Records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName)).map(
      ({ s3: { bucket, object }, userIdentity }) => {
        const { eTag: etag, versionId, sequencer } = object;
        const key = decodeURIComponent(object.key.replaceAll('+', ' '));
        return created({ bucket: bucket.name, key, etag, versionId, sequencer, requester: userIdentity?.principalId });
      },
    );
  }
  if (Test.safeParse(json).success) return [];
  throw new AppError('InvalidInput', 'expected an event of S3, by EventBridge or from a bucket');
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

type Told = Omit<ObjectCreated, 'versionId' | 'requester'> & {
  readonly versionId: string | undefined;
  readonly requester: string | undefined;
};

function created({ versionId, requester, etag, ...told }: Told): ObjectCreated {
  return {
    ...told,
    etag: etag.replaceAll('"', ''),
    // Where no versions are kept, some say so by this one.
    ...(versionId === undefined || versionId === 'null' ? {} : { versionId }),
    ...(requester ? { requester } : {}),
  };
}

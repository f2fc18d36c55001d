import { randomUUID } from 'node:crypto';

/** An object as an event is to tell of it. */
export interface ToldObject {
  readonly bucket: string;
  /** Of the bucket: with the prefix of the store. */
  readonly key: string;
  readonly etag: string;
  readonly versionId?: string;
  readonly sequencer?: string;
}

/** A batch of SQS, as Lambda is given it: each message with an id of its own. */
export function sqsBatch(...bodies: readonly unknown[]) {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index}`,
      receiptHandle: randomUUID(),
      body: typeof body === 'string' ? body : JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1795773600000' },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      awsRegion: 'eu-west-3',
    })),
  };
}

/** As S3 tells EventBridge: S3 user guide, "EventBridge event message structure". */
export function bridgedEvent(object: ToldObject, type = 'Object Created') {
  const { bucket, key, etag, versionId, sequencer = '006A1B2C3D4E5F6071' } = object;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': type,
    source: 'aws.s3',
    account: '123456789012',
    time: '2026-11-27T10:00:00Z',
    region: 'eu-west-3',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        size: 12,
        etag: etag.replaceAll('"', ''),
        ...(versionId ? { 'version-id': versionId } : {}),
        sequencer,
      },
      'request-id': randomUUID(),
      requester: '123456789012',
      'source-ip-address': '192.0.2.7',
      reason: 'PutObject',
    },
  };
}

/** As S3, or MinIO, tells itself: S3 user guide, "Event message structure"; keys are encoded as those of a form. */
export function bucketEvent(object: ToldObject, eventName = 's3:ObjectCreated:Put') {
  const { bucket, key, etag, versionId, sequencer = '18EBF88989087803' } = object;
  const encoded = key
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%20', '+'))
    .join('/');
  return {
    EventName: eventName,
    Key: `${bucket}/${key}`,
    Records: [
      {
        eventVersion: '2.0',
        eventSource: 'minio:s3',
        awsRegion: '',
        eventTime: '2026-11-27T10:00:00.000Z',
        eventName,
        userIdentity: { principalId: 'analyst' },
        requestParameters: { principalId: 'analyst', region: '', sourceIPAddress: '192.0.2.7' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'Config',
          bucket: { name: bucket, ownerIdentity: { principalId: 'analyst' }, arn: `arn:aws:s3:::${bucket}` },
          object: {
            key: encoded,
            size: 12,
            eTag: etag.replaceAll('"', ''),
            contentType: 'text/csv',
            ...(versionId ? { versionId } : {}),
            sequencer,
          },
        },
      },
    ],
  };
}

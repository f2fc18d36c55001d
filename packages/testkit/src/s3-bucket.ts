import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { s3Client } from './s3-client.ts';

export interface BucketOptions {
  /** Whether the bucket keeps every version of an object. */
  readonly versioning?: boolean;
  /** Whether nobody may delete a version on the day that it was written (Object Lock, governance mode). */
  readonly objectLock?: boolean;
  /** Whether versions can be held, each by itself (Object Lock without a default). */
  readonly legalHolds?: boolean;
  /** The certificate of the authority to trust besides, a PEM file. */
  readonly authority?: string;
}

/** A bucket of one test as another client sees it; it goes with its server, or at the end of the run. */
export interface TestBucket {
  readonly name: string;
  /** Keys and sizes, of at most a thousand objects. */
  list(): Promise<[key: string, sizeBytes: number][]>;
  read(key: string): Promise<Buffer>;
  /** What somebody else writes. */
  put(key: string, body: string | Buffer): Promise<void>;
  /** Begins an upload, as somebody does who is killed after its first part. */
  beginUpload(key: string): Promise<void>;
  remove(key: string): Promise<void>;
  /** How the server says that it keeps an object. */
  look(
    key: string,
  ): Promise<{ readonly encryption?: string; readonly kmsKey?: string; readonly storageClass?: string }>;
  /** Holds the present version of an object, or lets it go. */
  hold(key: string, Status: 'ON' | 'OFF'): Promise<void>;
  /** Has the server tell `queue`, an ARN of its own, of each object that is written. */
  notify(queue: string): Promise<void>;
  /** How many uploads were begun and are neither complete nor ended. */
  unfinishedUploads(): Promise<number>;
}

export async function testBucket(
  endpoint: string,
  { versioning = false, objectLock = false, legalHolds = false, authority }: BucketOptions = {},
): Promise<TestBucket> {
  const Bucket = `${process.env.DATASENS_TEST_BUCKETS ?? 'test-'}${randomBytes(8).toString('hex')}`;
  const client = s3Client(endpoint, authority ? { ca: await readFile(authority) } : {});
  await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: objectLock || legalHolds }));
  if (versioning) {
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
  if (objectLock) {
    const DefaultRetention = { Mode: 'GOVERNANCE', Days: 1 } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } } as const;
    await client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  }
  return {
    name: Bucket,
    async list() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '', Size = 0 }) => [Key, Size]);
    },
    async read(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: Buffer.byteLength(Body) }));
    },
    async beginUpload(Key) {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'first part' }));
    },
    async look(Key) {
      const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
      const { ServerSideEncryption: encryption, SSEKMSKeyId: kmsKey, StorageClass: storageClass } = head;
      return { ...(encryption && { encryption }), ...(kmsKey && { kmsKey }), ...(storageClass && { storageClass }) };
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async hold(Key, Status) {
      await client.send(new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold: { Status } }));
    },
    async notify(QueueArn) {
      const NotificationConfiguration = {
        QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*' as const] }],
      };
      await client.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
    },
    async unfinishedUploads() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.length;
    },
  };
}

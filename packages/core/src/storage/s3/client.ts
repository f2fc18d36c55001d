import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type StorageClass } from '@aws-sdk/client-s3';
import { authoritiesWith } from './authorities.ts';
import { withDirectBodies } from './direct-body.ts';
import { MAX_ATTEMPTS } from './retry.ts';
import type { S3Settings } from './settings.ts';

/** A bucket, and what every request to it has in common. */
export interface Bucket {
  readonly client: S3Client;
  readonly settings: S3Settings;
  /** `s3://bucket/prefix`. */
  readonly uri: string;
  /** What the bucket's keys have before the store's: the prefix and a `/`, or nothing. */
  readonly beginning: string;
  /** How a request names an object. */
  object(key: string): { readonly Bucket: string; readonly Key: string };
  /** What a request has that creates an object: as the settings want it, or of another class than theirs. */
  newObject(storageClass?: string): NewObject;
}

interface NewObject {
  readonly ServerSideEncryption?: 'aws:kms';
  readonly SSEKMSKeyId?: string;
  readonly StorageClass?: StorageClass;
}

/** Without one the SDK warns on stderr, of things that are ours to decide. */
const nothing = () => undefined;
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
const CONNECTION_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;
/** Servers of one's own have no regions, but the signature names one. */
const REGION_OF_AN_ENDPOINT = 'us-east-1';

export function openBucket(settings: S3Settings): Bucket {
  const { bucket, prefix, endpoint, caBundle, kmsKeyId, idleTimeoutMs = IDLE_TIMEOUT_MS } = settings;
  const beginning = prefix ? `${prefix}/` : '';
  const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || (endpoint && REGION_OF_AN_ENDPOINT);
  const client = new S3Client({
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(region ? { region } : {}),
    maxAttempts: MAX_ATTEMPTS,
    logger: SILENT,
    // It costs a round trip, and a connection, for each part.
    expectContinueHeader: false,
    // Each write carries its checksum, computed here; what is read is hashed by whoever knows the hash.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      socketTimeout: idleTimeoutMs,
      httpAgent: withDirectBodies(new HttpAgent({ keepAlive: true })),
      httpsAgent: withDirectBodies(
        new HttpsAgent({ keepAlive: true, ...(caBundle ? { ca: authoritiesWith(caBundle) } : {}) }),
      ),
    },
  });
  return {
    client,
    settings,
    uri: `s3://${bucket}${prefix && `/${prefix}`}`,
    beginning,
    object: (key) => ({ Bucket: bucket, Key: `${beginning}${key}` }),
    newObject: (storageClass = settings.storageClass) => ({
      ...(kmsKeyId ? { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId } : {}),
      ...(storageClass ? { StorageClass: storageClass as StorageClass } : {}),
    }),
  };
}

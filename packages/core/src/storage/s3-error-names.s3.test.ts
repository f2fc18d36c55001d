import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Operation, s3Proxy } from '@datasens/testkit/s3-proxy.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { test } from 'vitest';
import type { ErrorName } from '../errors.ts';
import type { BlobStore } from './blob-store.ts';
import { s3Store } from './s3.ts';

const calls = {
  PutObject: (store) => store.put('k', [Buffer.from('x')]),
  UploadPart: (store) => store.put('k', [Buffer.alloc(17 * 1_048_576)]),
  GetObject: (store) => Array.fromAsync(store.read('k')),
  ListObjects: (store) => store.list(''),
  DeleteObject: (store) => store.delete('k'),
} satisfies Partial<Record<S3Operation, (store: BlobStore) => Promise<unknown>>>;

type Row = readonly [operation: keyof typeof calls, status: number, code: string, name: ErrorName, said: string];

/** What AWS or another server may answer (S3 API reference, "Error responses"); no real one here does when it is asked to. */
const table: readonly Row[] = [
  ['ListObjects', 400, 'InvalidBucketName', 'ConfigError', 'correct DATASENS_STORAGE'],
  ['ListObjects', 403, 'AllAccessDisabled', 'NotAllowed', 'lack the right'],
  ['ListObjects', 403, 'InvalidToken', 'NotAllowed', 'AWS_SESSION_TOKEN'],
  ['ListObjects', 400, 'TokenRefreshRequired', 'NotAllowed', 'expired: get new ones'],
  ['ListObjects', 403, 'RequestTimeTooSkewed', 'ConfigError', 'clock'],
  ['ListObjects', 301, 'PermanentRedirect', 'ConfigError', 'set AWS_REGION'],
  ['ListObjects', 400, 'AuthorizationHeaderMalformed', 'ConfigError', 'set AWS_REGION'],
  ['ListObjects', 401, 'Unknown', 'NotAllowed', 'lack the right'],
  ['ListObjects', 418, 'Unknown', 'ConfigError', 'from the proxy'],
  ['GetObject', 403, 'InvalidObjectState', 'NotAllowed', 'archive class'],
  ['GetObject', 404, 'NoSuchVersion', 'NotFound', 'no such version'],
  ['DeleteObject', 403, 'ObjectLocked', 'NotAllowed', 'lack the right'],
  ['PutObject', 409, 'ConditionalRequestConflict', 'Conflict', 'somebody else'],
  ['PutObject', 400, 'KeyTooLongError', 'InvalidInput', 'the key is longer'],
  ['PutObject', 400, 'MetadataTooLarge', 'InvalidInput', 'metadata'],
  ['PutObject', 400, 'EntityTooLarge', 'InvalidInput', 'larger than the server takes'],
  ['PutObject', 501, 'NotImplemented', 'ConfigError', 'lacks an operation'],
  ['PutObject', 400, 'KMS.DisabledException', 'ConfigError', 'S3_KMS_KEY_ID'],
  ['PutObject', 400, 'InvalidStorageClass', 'ConfigError', 'S3_STORAGE_CLASS'],
  ['PutObject', 403, 'QuotaExceeded', 'NoSpace', 'free space'],
  ['PutObject', 507, 'XMinioStorageFull', 'NoSpace', 'free space'],
  ['PutObject', 507, 'Unknown', 'NoSpace', 'free space'],
  ['PutObject', 400, 'BadDigest', 'Transient', 'damaged on their way'],
  ['PutObject', 400, 'IncompleteBody', 'Transient', 'cut off'],
  ['UploadPart', 404, 'NoSuchUpload', 'Transient', 'somebody ended it'],
];

// Any of the servers will do: what is answered comes from the proxy.
const [server] = s3Servers();

test.runIf(server).concurrent.for(table)('%s answered by %i %s is %s: %s', async (row, { expect }) => {
  const [operation, status, code, name, said] = row;
  const endpoint = server?.endpoint ?? '';
  const { name: bucket } = await testBucket(endpoint);
  await using proxy = await s3Proxy(endpoint, (each) => (each === operation ? { status, code } : undefined));
  const call = calls[operation](s3Store({ bucket, prefix: '', endpoint: proxy.endpoint }));
  const error = await call.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name, message: expect.stringContaining(said), details: { code, status } });
});

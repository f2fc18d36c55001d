import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Operation, s3Proxy } from '@datasens/testkit/s3-proxy.ts';
import { S3_CREDENTIALS } from '@datasens/testkit/s3-server.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { s3Store } from './s3.ts';

const SMALL = Buffer.from('a manifest');
/** Three parts. */
const LARGE = Buffer.alloc(33 * 1_048_576, 'dump');
const { accessKeyId, secretAccessKey } = S3_CREDENTIALS;

afterEach(() => vi.unstubAllEnvs());

/** An environment in which the SDK finds no credentials but those of two files. */
async function withoutCredentials(files: { readonly credentials?: string; readonly config?: string } = {}) {
  const folder = await temporaryFolder();
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', folder.path);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const [variable, name] of [
    ['AWS_SHARED_CREDENTIALS_FILE', 'credentials'],
    ['AWS_CONFIG_FILE', 'config'],
  ] as const) {
    const file = join(folder.path, name);
    vi.stubEnv(variable, file);
    if (files[name] !== undefined) await writeFile(file, files[name]);
  }
  return folder;
}

describe.for(s3Servers())('on $kind', ({ kind, endpoint }) => {
  test.for<readonly [S3Operation, number]>([
    ['UploadPart', 1],
    ['CompleteUpload', 0],
  ])('that expire during an upload are said to have, and leave no parts: %s', async ([operation, from]) => {
    const bucket = await testBucket(endpoint);
    await using proxy = await s3Proxy(endpoint, (each, before) =>
      each === operation && before >= from ? { status: 400, code: 'ExpiredToken' } : undefined,
    );
    const store = s3Store({ bucket: bucket.name, prefix: '', endpoint: proxy.endpoint });
    const error = await store.put('k', [LARGE]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'NotAllowed', message: expect.stringContaining('expired: get new ones') });
    expect(await bucket.list()).toEqual([]);
    expect(await bucket.unfinishedUploads()).toBe(0);
  });

  // versitygw knows no session tokens, and ignores one.
  test.runIf(kind === 'minio')('with the token of no session are not accepted', async () => {
    const { name: bucket } = await testBucket(endpoint);
    vi.stubEnv('AWS_SESSION_TOKEN', 'of-no-session');
    const error = await failureOfEach(s3Store({ bucket, prefix: '', endpoint }));
    expect(error).toMatchObject({ name: 'NotAllowed', message: expect.stringContaining('AWS_SESSION_TOKEN') });
  });

  test.for([
    [
      'of a profile',
      { credentials: `[work]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n` },
    ],
    [
      'of a program',
      {
        config: `[profile work]\ncredential_process = printf '{"Version": 1, "AccessKeyId": "${accessKeyId}", "SecretAccessKey": "${secretAccessKey}"}'\n`,
      },
    ],
  ] as const)('%s serve', async ([, files]) => {
    const { name: bucket } = await testBucket(endpoint);
    await using _ = await withoutCredentials(files);
    vi.stubEnv('AWS_PROFILE', 'work');
    const store = s3Store({ bucket, prefix: '', endpoint });
    await store.put('k', [SMALL]);
    expect((await store.head('k')).sizeBytes).toBe(SMALL.length);
  });

  test('that are nowhere are asked for', async () => {
    const { name: bucket } = await testBucket(endpoint);
    await using _ = await withoutCredentials();
    const error = await failureOfEach(s3Store({ bucket, prefix: '', endpoint }));
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining('set AWS_ACCESS_KEY_ID') });
  });

  test('of a program that fails are asked for, and what it said is told to nobody', async () => {
    const { name: bucket } = await testBucket(endpoint);
    const config = `[profile work]\ncredential_process = sh -c 'echo a-password >&2; exit 1'\n`;
    await using _ = await withoutCredentials({ config });
    vi.stubEnv('AWS_PROFILE', 'work');
    const error = await failureOfEach(s3Store({ bucket, prefix: '', endpoint }));
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining('AWS_PROFILE') });
    expect(JSON.stringify([error, (error as Error).stack, (error as Error).cause])).not.toContain('a-password');
  });
});

/** What each call fails with, which must be the same by name. */
async function failureOfEach(store: BlobStore): Promise<unknown> {
  const errors: unknown[] = [];
  for (const call of [
    () => store.put('k', [SMALL]),
    () => store.put('k', [LARGE]),
    () => store.head('k'),
    () => store.list(''),
    () => Array.fromAsync(store.read('k')),
  ]) {
    errors.push(await call().catch((reason: unknown) => reason));
  }
  expect(new Set(errors.map((error) => (error as Error).name)).size).toBe(1);
  return errors[0];
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PrivateAuthority, privateAuthority } from '@datasens/testkit/private-authority.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Server, startS3Server } from '@datasens/testkit/s3-server.ts';
import { ownS3Kinds } from '@datasens/testkit/s3-servers.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { s3Store } from './s3.ts';

const SMALL = Buffer.from('a manifest');
/** Two parts. */
const LARGE = Buffer.alloc(17 * 1_048_576, 'dump');

describe.for(ownS3Kinds())('on %s over TLS', (kind) => {
  const resources = new AsyncDisposableStack();
  let authority: PrivateAuthority;
  let server: S3Server;
  let folder: string;

  beforeAll(async () => {
    folder = resources.use(await temporaryFolder()).path;
    authority = await privateAuthority(folder);
    server = resources.use(await startS3Server(kind, { certificate: await authority.issue(1) }));
  });
  afterAll(() => resources.disposeAsync());

  test('everything works with the authority in AWS_CA_BUNDLE', async () => {
    const { name: bucket } = await testBucket(server.endpoint, { authority: authority.file });
    const store = s3Store({ bucket, prefix: 'p', endpoint: server.endpoint, caBundle: authority.file });
    await store.put('small', [SMALL], { ifAbsent: true });
    await store.put('large', [LARGE]);
    await store.copy('large', 'copy');
    expect((await store.list('')).blobs.map(({ key }) => key)).toEqual(['copy', 'large', 'small']);
    expect(Buffer.concat(await Array.fromAsync(store.read('copy'))).equals(LARGE)).toBe(true);
    await store.delete('copy');
    expect((await store.head('small')).sizeBytes).toBe(SMALL.length);
  });

  test('an authority that is not trusted is a matter of AWS_CA_BUNDLE', async () => {
    const other = await privateAuthority(resources.use(await temporaryFolder()).path);
    for (const caBundle of [undefined, other.file]) {
      await expectConfigError({ endpoint: server.endpoint, caBundle }, 'in AWS_CA_BUNDLE');
    }
  });

  test('a certificate for another host is a matter of S3_ENDPOINT', async () => {
    const endpoint = server.endpoint.replace('127.0.0.1', 'localhost');
    await expectConfigError({ endpoint, caBundle: authority.file }, 'S3_ENDPOINT');
  });

  test('a certificate that has expired is said to have', async () => {
    await using expired = await startS3Server(kind, { certificate: await authority.issue(-1) });
    await expectConfigError({ endpoint: expired.endpoint, caBundle: authority.file }, 'has expired');
  });

  test('https:// where no TLS is spoken is a matter of S3_ENDPOINT', async () => {
    const withoutTls = inject('s3Servers').find((shared) => shared.kind === kind)?.endpoint ?? '';
    await expectConfigError({ endpoint: withoutTls.replace('http:', 'https:') }, 'S3_ENDPOINT');
  });

  // versitygw answers nothing, and so cannot be told from a server that is restarted.
  test.runIf(kind === 'minio')('http:// where TLS is spoken is a matter of S3_ENDPOINT', async () => {
    await expectConfigError({ endpoint: server.endpoint.replace('https:', 'http:') }, 'S3_ENDPOINT');
  });

  test.for([
    ['is not there', undefined],
    ['has no certificate', 'no PEM'],
    ['is cut', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
  ])('a bundle that %s is refused before anything is asked', async ([, content]) => {
    const caBundle = join(folder, 'bundle');
    if (content !== undefined) await writeFile(caBundle, content);
    const open = () => s3Store({ bucket: 'bucket', prefix: '', endpoint: server.endpoint, caBundle });
    expect(open).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(/^AWS_CA_BUNDLE: /) }),
    );
  });
});

/** Whatever is asked: the first request of each must tell. */
async function expectConfigError(
  settings: { readonly endpoint: string; readonly caBundle?: string | undefined },
  remedy: string,
): Promise<void> {
  const store = s3Store({ bucket: 'bucket', prefix: '', ...settings });
  for (const call of [() => store.list(''), () => store.head('k'), () => store.put('k', [SMALL])]) {
    const error = await call().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(remedy) });
  }
}

import { datasens } from '@datasens/testkit/cli.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Operation, s3Proxy } from '@datasens/testkit/s3-proxy.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { describe, expect, test } from 'vitest';

describe.for(s3Servers())('on $kind', ({ endpoint }) => {
  test.for<readonly [S3Operation, string]>([
    ['PutObject', 'write'],
    ['GetObject', 'read'],
    ['ListObjects', 'list'],
    ['DeleteObject', 'delete'],
  ])('doctor names the right that is missing: %s', async ([operation, doing]) => {
    await using database = await testDatabase();
    await using folder = await temporaryFolder();
    const bucket = await testBucket(endpoint);
    await using proxy = await s3Proxy(endpoint, (each) => (each === operation ? 403 : undefined));
    const { code, stdout } = await datasens(['doctor'], {
      DATABASE_URL: database.url,
      DATASENS_STORAGE: `s3://${bucket.name}/p`,
      DATASENS_HOME: folder.path,
      S3_ENDPOINT: proxy.endpoint,
    });
    expect(stdout).toMatch(new RegExp(`^FAIL +storage +cannot ${doing} .*the credentials lack the right`, 'm'));
    expect(code).toBe(1);
  });
});

import { datasens } from '@datasens/testkit/cli.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { describe, expect, test } from 'vitest';

describe.for(s3Servers())('on $kind', ({ endpoint }) => {
  test('reconcile removes the parts of killed uploads, once they are old enough, and nothing else', async () => {
    await using database = await testDatabase();
    await using folder = await temporaryFolder();
    const bucket = await testBucket(endpoint);
    const env = {
      DATABASE_URL: database.url,
      DATASENS_STORAGE: `s3://${bucket.name}/ours`,
      DATASENS_HOME: folder.path,
      S3_ENDPOINT: endpoint,
    };
    await datasens(['dump'], env);
    const objects = await bucket.list();
    await bucket.beginUpload('ours/dumps/killed');
    await bucket.beginUpload('theirs/killed');

    expect(await datasens(['reconcile'], env)).toMatchObject({
      code: 0,
      stdout: 'nothing was left, and nothing differs\n',
    });
    const told = await datasens(['reconcile', '--older-than', '0d', '--dry-run'], env);
    expect(told.stdout).toMatch(/^remove +dumps\/killed {2}unfinished upload, since .*\n1 to mend\n$/);
    expect(await bucket.unfinishedUploads()).toBe(2);

    const done = await datasens(['reconcile', '--older-than', '0d', '--json'], env);
    expect(done.json).toMatchObject({
      dryRun: false,
      kinds: { upload: { count: 1, first: [{ name: 'dumps/killed', outcome: 'mended' }] }, bytes: { count: 0 } },
      outcomes: { mended: 1 },
    });
    expect(await bucket.unfinishedUploads()).toBe(1);
    expect(await bucket.list()).toEqual(objects);
    expect(await datasens(['reconcile', '--older-than', 'soon'], env)).toMatchObject({ code: 2 });
  });
});

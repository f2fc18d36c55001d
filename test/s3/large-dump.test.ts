import { runDump } from '@datasens/core/dump/run-dump.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { LARGE_TABLE } from '@datasens/testkit/large-table.ts';
import { restoreInto, restoreWorld } from '@datasens/testkit/restore-world.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { bucketStore, S3_PREFIX } from '@datasens/testkit/stores.ts';
import { expect, test } from 'vitest';

test.for(s3Servers())(
  'on $kind a dump of several parts is what another client sees, and restores in every mode',
  async ({ endpoint }) => {
    const bucket = await testBucket(endpoint);
    await using world = await restoreWorld({ storage: bucketStore(endpoint, bucket) });
    const { source, deps } = world;
    await source.sql(LARGE_TABLE);
    const { prefix, manifest } = await runDump(deps, { user: 'claire' });
    const { key, sizeBytes } = manifest.objects.data;
    expect(sizeBytes).toBeGreaterThan(17_000_000);
    const listed = await bucket.list();
    expect(listed).toContainEqual([`${S3_PREFIX}/${prefix}${key}`, sizeBytes]);
    expect(listed).toContainEqual([`${S3_PREFIX}/${prefix}manifest.json`, expect.any(Number)]);
    expect(await bucket.unfinishedUploads()).toBe(0);

    const before = await dumpText(source.url);
    await using absent = futureDatabase();
    await using parallel = futureDatabase();
    await using empty = await testDatabase();
    await restoreInto(world, absent.url, { prove: true });
    await restoreInto(world, parallel.url, { prove: true, jobs: 2 });
    await restoreInto(world, empty.url, { prove: true });
    await source.sql('delete from large where n > 7');
    await restoreInto(world, source.url, { inPlace: true, clean: true, prove: true });
    for (const { url } of [absent, parallel, empty, source]) expect(await dumpText(url)).toBe(before);
    await expectInvariants(world);
  },
);

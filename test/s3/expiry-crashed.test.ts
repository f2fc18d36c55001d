import { DEFAULT_POLICY } from '@datasens/core/expiry/retention-policy.ts';
import { testAudit } from '@datasens/testkit/audit.ts';
import { expectSurvivesCrashes } from '@datasens/testkit/crashed-expiry.ts';
import { daysAgo, deletionsOf, expiryDeps, runExpiry, storeDaily } from '@datasens/testkit/expiry-world.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { storedPrefix } from '@datasens/testkit/stored-dump.ts';
import { bucketStore, S3_PREFIX } from '@datasens/testkit/stores.ts';
import { describe, expect, test } from 'vitest';

const policy = { ...DEFAULT_POLICY, rules: [{ name: 'one', match: {}, keepLast: 1 }], rejectedMs: 30 * 86_400_000 };

describe.for(s3Servers())('on $kind', ({ endpoint }) => {
  test('crashed after any step in a bucket that keeps versions, it is finished in every one of them', async () => {
    const bucket = await testBucket(endpoint, { versioning: true });
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    const { outside } = audit.storage;
    await expectSurvivesCrashes(audit, policy, {
      async before(prefix) {
        await outside.write(`${prefix}manifest.json`, 'written again');
        // What another attempt of the dump stored, and took back.
        await outside.write(`${prefix}data.0e.dump`, 'an attempt');
        await outside.remove(`${prefix}data.0e.dump`);
      },
    });
  }, 600_000);

  test('crashed after any step where a lock keeps an object, the rest goes, and it is certified once that is let go', async () => {
    const bucket = await testBucket(endpoint, { legalHolds: true });
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    const held = (prefix: string) => `${S3_PREFIX}/${prefix}proof.0f.json`;
    await expectSurvivesCrashes(audit, policy, {
      before: (prefix) => bucket.hold(held(prefix), 'ON'),
      release: (prefix) => bucket.hold(held(prefix), 'OFF'),
    });
  }, 600_000);

  test('where a bucket locks whatever is written, a dump is marked once, told in each run, and not certified', async () => {
    const bucket = await testBucket(endpoint, { objectLock: true });
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    await storeDaily(audit, 8);
    const prefix = storedPrefix(1, { createdAt: daysAgo(7) });
    for (let times = 0; times < 2; times += 1) {
      const { of, outcomes } = await runExpiry(expiryDeps(audit));
      expect(of(1)).toMatchObject({ outcome: 'locked', because: expect.stringContaining(prefix) });
      expect(outcomes).toMatchObject({ locked: 1, failed: 0 });
      expect((await deletionsOf(audit, 1)).map(({ phase }) => phase)).toEqual(['marked']);
      expect((await audit.store.versions(prefix)).versions).toHaveLength(3);
    }
  });
});

import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { holdDump } from '@datasens/core/expiry/hold-dump.ts';
import { DEFAULT_POLICY } from '@datasens/core/expiry/retention-policy.ts';
import type { VersionInfo } from '@datasens/core/storage/blob-store.ts';
import { testAudit } from '@datasens/testkit/audit.ts';
import {
  daysAgo,
  deletionsOf,
  expectExpiryInvariants,
  expiryDeps,
  keysBelow,
  runExpiry,
  statusesOf,
  storeDaily,
} from '@datasens/testkit/expiry-world.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Proxy } from '@datasens/testkit/s3-proxy.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { storedPrefix } from '@datasens/testkit/stored-dump.ts';
import { bucketStore, S3_PREFIX } from '@datasens/testkit/stores.ts';
import { describe, expect, test } from 'vitest';

describe.for(s3Servers())('on $kind', ({ endpoint }) => {
  test('every version goes, and every delete marker, and an older one never shows', async () => {
    const bucket = await testBucket(endpoint, { versioning: true });
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    await storeDaily(audit, 8);
    const prefix = storedPrefix(1, { createdAt: daysAgo(7) });
    const { outside } = audit.storage;
    await outside.write(`${prefix}data.0f.dump`, 'written again');
    await outside.remove(`${prefix}proof.0f.json`);
    const { versions } = await audit.store.versions(prefix);
    expect(versions.length).toBeGreaterThanOrEqual(5);

    const seen: string[] = [];
    const watched = {
      ...audit.store,
      async deleteVersion(...args: Parameters<typeof audit.store.deleteVersion>) {
        await audit.store.deleteVersion(...args);
        seen.push(...(await keysBelow(audit.store, prefix)));
      },
    };
    const done = await runExpiry({ ...expiryDeps(audit), store: watched });
    expect(done.of(1)).toMatchObject({ action: 'remove', outcome: 'done' });
    expect((await audit.store.versions(prefix)).versions).toEqual([]);
    expect(seen, 'what was deleted is back').not.toContain(`${prefix}proof.0f.json`);
    expect((await deletionsOf(audit, 1)).at(-1)).toMatchObject({ deletedVersions: versions.length });
  });

  test('a server that is too busy for every third request ends nothing: one run does it all', async () => {
    const bucket = await testBucket(endpoint);
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    await storeDaily(audit, 9);
    let requests = 0;
    await using proxy = await s3Proxy(endpoint, () => {
      requests += 1;
      return requests % 3 === 0 ? 503 : undefined;
    });
    const { store } = bucketStore(proxy.endpoint, bucket);
    const { outcomes, actions } = await runExpiry({ ...expiryDeps(audit), store });
    expect(outcomes).toMatchObject({ done: 9, failed: 0 });
    expect(actions).toMatchObject({ keep: 7, remove: 2 });
    expect(requests).toBeGreaterThan(30);
    await expectExpiryInvariants(audit);
  });

  test('what a lock keeps is told, and certified once it is gone', async () => {
    const bucket = await testBucket(endpoint, { legalHolds: true });
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    await storeDaily(audit, 8);
    const prefix = storedPrefix(1, { createdAt: daysAgo(7) });
    const phases = async () => (await deletionsOf(audit, 1)).map(({ phase }) => phase);
    const held = `${S3_PREFIX}/${prefix}data.0f.dump`;
    await bucket.hold(held, 'ON');
    for (let times = 0; times < 2; times += 1) {
      const { of } = await runExpiry(expiryDeps(audit));
      expect(of(1)).toMatchObject({ outcome: 'locked', because: expect.stringContaining(`${prefix}data.0f.dump`) });
      expect(await phases()).toEqual(['marked']);
      expect(await keysBelow(audit.store, prefix)).toEqual([`${prefix}data.0f.dump`]);
    }
    expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 2: 'ACTIF' });

    await bucket.hold(held, 'OFF');
    expect((await runExpiry(expiryDeps(audit))).of(1)).toMatchObject({ outcome: 'done' });
    expect(await phases()).toEqual(['marked', 'certified']);
    expect((await audit.store.versions(prefix)).versions).toEqual([]);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true });
  });

  test('a hold without an end is the storage’s, too, where it has Object Lock', async () => {
    const policy = DEFAULT_POLICY;
    for (const legalHolds of [true, false]) {
      const bucket = await testBucket(endpoint, { legalHolds });
      await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
      await storeDaily(audit, 1);
      const { store } = audit;
      const [{ key, versionId }] = (await store.versions('dumps/')).versions as [VersionInfo];
      const request = { dump: '1', policy, release: false, user: 'claire' };
      expect(await holdDump(expiryDeps(audit), request)).toMatchObject({ changed: true, locked: legalHolds });
      if (legalHolds) await expect(store.deleteVersion(key, versionId)).rejects.toMatchObject({ name: 'NotAllowed' });
      // A hold with an end goes by itself, and so must the lock.
      const until = daysAgo(-9);
      expect(await holdDump(expiryDeps(audit), { ...request, until })).toMatchObject({ changed: true, locked: false });
      await store.deleteVersion(key, versionId);
      await holdDump(expiryDeps(audit), request);
      expect(await holdDump(expiryDeps(audit), { ...request, release: true })).toMatchObject({ locked: false });
      await runExpiry(expiryDeps(audit), { ...policy, rules: [{ name: 'term', match: {}, expireAfterMs: 0 }] });
      expect((await store.versions('dumps/')).versions).toEqual([]);
    }
  });
});

import { testAudit } from '@datasens/testkit/audit.ts';
import { datasens } from '@datasens/testkit/cli.ts';
import { reconcileDeps, registerBytes, runReconcile, stageBytes } from '@datasens/testkit/reconcile-world.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { bucketStore, S3_PREFIX } from '@datasens/testkit/stores.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { describe, expect, test } from 'vitest';

describe.for(s3Servers())('on $kind', ({ endpoint }) => {
  test('reconcile removes the parts of killed uploads, once they are old enough, and nothing else', async () => {
    // Of its own: on a shared one it would find what other tests' restores have left.
    await using server = await startServer();
    await using folder = await temporaryFolder();
    const bucket = await testBucket(endpoint);
    const env = {
      DATABASE_URL: server.url(),
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

  test('what was never a dump goes in every version, also where a failed dump deleted it; hidden manifests stay', async () => {
    const bucket = await testBucket(endpoint, { versioning: true });
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    const { store, storage } = audit;
    const versionsOf = async (prefix: string) => (await store.versions(prefix)).versions;
    const whole = await registerBytes(audit);
    const dead = await stageBytes(audit);
    await storage.outside.write(`${dead.prefix}data.0f.dump`, 'written again');
    const failed = await stageBytes(audit);
    for (const name of ['data.0f.dump', 'proof.0f.json']) await storage.outside.remove(`${failed.prefix}${name}`);
    // Beside a dump, a failed attempt that deleted what it had stored.
    await storage.outside.write(`${whole.prefix}data.1f.dump`, 'bytes');
    await storage.outside.remove(`${whole.prefix}data.1f.dump`);
    const hidden = await stageBytes(audit);
    await storage.outside.write(`${hidden.prefix}manifest.json`, '{}');
    await storage.outside.remove(`${hidden.prefix}manifest.json`);
    const before = await versionsOf(hidden.prefix);

    const run = await runReconcile(reconcileDeps(audit));
    expect(run.outcomes).toMatchObject({ mended: 3, look: 1, failed: 0, locked: 0 });
    expect(run.of(hidden.dumpId)).toMatchObject({
      outcome: 'look',
      because: expect.stringMatching(/manifest was deleted/),
    });
    for (const { prefix } of [dead, failed]) expect(await versionsOf(prefix)).toEqual([]);
    expect(await versionsOf(whole.prefix)).toHaveLength(3);
    expect(await versionsOf(hidden.prefix)).toEqual(before);
  });

  test('what a lock keeps of them is told by every run, and goes once it is let go', async () => {
    const bucket = await testBucket(endpoint, { legalHolds: true });
    await using audit = await testAudit({ storage: bucketStore(endpoint, bucket) });
    const dead = await stageBytes(audit);
    const held = `${dead.prefix}data.0f.dump`;
    await bucket.hold(`${S3_PREFIX}/${held}`, 'ON');
    for (let times = 0; times < 2; times += 1) {
      const { outcomes, findings } = await runReconcile(reconcileDeps(audit));
      expect(outcomes).toMatchObject({ locked: 1, mended: 0 });
      expect(findings).toMatchObject([{ kind: 'bytes', outcome: 'locked', because: expect.stringContaining(held) }]);
      expect((await audit.store.list(dead.prefix)).blobs.map(({ key }) => key)).toEqual([held]);
    }
    await bucket.hold(`${S3_PREFIX}/${held}`, 'OFF');
    expect((await runReconcile(reconcileDeps(audit))).outcomes).toMatchObject({ locked: 0, mended: 1 });
    expect((await audit.store.versions(dead.prefix)).versions).toEqual([]);
  });
});

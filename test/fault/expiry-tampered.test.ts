import { tombstoneKey } from '@datasens/core/catalog/tombstone.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
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
import { storedPrefix } from '@datasens/testkit/stored-dump.ts';
import { expect, test } from 'vitest';

const PREFIX = storedPrefix(1, { createdAt: daysAgo(7) });
const MANIFEST = `${PREFIX}manifest.json`;
const TOMBSTONE = tombstoneKey(PREFIX);
const HEAD = 'journal/head.json';

type Tampering = (outside: TestAudit['storage']['outside']) => Promise<void>;

async function cut(outside: TestAudit['storage']['outside'], key: string): Promise<void> {
  await outside.write(key, (await outside.read(key)).subarray(0, 9));
}

/** Eight dumps, of which the first is to go. */
async function eightDumps(): Promise<TestAudit> {
  const audit = await testAudit();
  await storeDaily(audit, 8);
  return audit;
}

test.for<[string, Tampering, { stored: number }]>([
  ['missing', (outside) => outside.remove(MANIFEST), { stored: 2 }],
  ['cut', (outside) => cut(outside, MANIFEST), { stored: 3 }],
  ['edited', (outside) => outside.write(MANIFEST, '{"dumpId":8}'), { stored: 3 }],
])(
  'a manifest that is %s keeps nothing, and the certificate has the hash of the one that was committed',
  async ([, tamper, { stored }]) => {
    await using audit = await eightDumps();
    const [committed] = await audit.server.sql<{ sha256: string }>(
      `select detail::json -> 'manifest' ->> 'sha256' as sha256 from t39_dump_evenement where dump_id = 1`,
    );
    await tamper(audit.storage.outside);
    expect((await runExpiry(expiryDeps(audit))).of(1)).toMatchObject({ action: 'remove', outcome: 'done' });
    expect((await deletionsOf(audit, 1)).at(-1)).toMatchObject({
      manifestSha256: committed?.sha256,
      deletedVersions: stored,
    });
    expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(7 * 3);
    await expectExpiryInvariants(audit);
  },
);

/** The store, in which the process is interrupted when a version is about to go for the `n`-th time. */
function stopAtDeletion(store: BlobStore, n: number): BlobStore {
  let deletions = 0;
  return {
    ...store,
    deleteVersion: (...args) => {
      deletions += 1;
      return deletions < n ? store.deleteVersion(...args) : Promise.reject(new Error('stopped'));
    },
  };
}

test.for<[string, Tampering]>([
  ['cut', (outside) => cut(outside, TOMBSTONE)],
  ['edited', (outside) => outside.write(TOMBSTONE, '{"dumpId":8,"event":"SUPPRIME"}')],
])(
  'while a tombstone is not the mark (%s), nothing more goes; without it the next run writes it again',
  async ([, tamper]) => {
    await using audit = await eightDumps();
    const { outside } = audit.storage;
    const stopped = { ...expiryDeps(audit), store: stopAtDeletion(audit.store, 1) };
    await expect(runExpiry(stopped)).rejects.toThrow('stopped');
    await tamper(outside);
    for (let times = 0; times < 2; times += 1) {
      expect((await runExpiry(expiryDeps(audit))).of(1)).toMatchObject({
        outcome: 'failed',
        because: expect.stringMatching(/tombstones\/.*-1\.json is the tombstone of another deletion/),
      });
      expect(await keysBelow(audit.store, PREFIX)).toHaveLength(3);
    }
    expect((await deletionsOf(audit, 1)).map(({ phase }) => phase)).toEqual(['marked']);
    await outside.remove(TOMBSTONE);
    expect((await runExpiry(expiryDeps(audit))).of(1)).toMatchObject({ outcome: 'done' });
    await expectExpiryInvariants(audit);
  },
);

test('a tombstone that is lost half-way stands again before more goes', async () => {
  await using audit = await eightDumps();
  const stopped = { ...expiryDeps(audit), store: stopAtDeletion(audit.store, 2) };
  await expect(runExpiry(stopped)).rejects.toThrow('stopped');
  await audit.storage.outside.remove(TOMBSTONE);
  const again = { ...expiryDeps(audit), store: stopAtDeletion(audit.store, 1) };
  await expect(runExpiry(again)).rejects.toThrow('stopped');
  // One object is gone, and the tombstone says why.
  expect(await keysBelow(audit.store, PREFIX)).toHaveLength(2);
  await expectExpiryInvariants(audit);
  await runExpiry(expiryDeps(audit));
  expect(await keysBelow(audit.store, PREFIX)).toEqual([]);
  await expectExpiryInvariants(audit);
});

test.for<[string, Tampering]>([
  ['cut', (outside) => cut(outside, HEAD)],
  ['edited', (outside) => outside.write(HEAD, JSON.stringify({ seq: 3, hash: 'ab'.repeat(32) }))],
])('beside a journal whose head is %s nothing is marked and nothing deleted', async ([, tamper]) => {
  await using audit = await eightDumps();
  const { outside } = audit.storage;
  const head = await outside.read(HEAD);
  await tamper(outside);
  const refused = { name: 'Conflict', message: expect.stringMatching(/datasens journal verify/) };
  await expect(runExpiry(expiryDeps(audit))).rejects.toMatchObject(refused);
  expect(await statusesOf(audit)).toMatchObject({ 1: 'ACTIF' });
  expect(await keysBelow(audit.store, 'dumps/')).toHaveLength(8 * 3);
  await outside.write(HEAD, head);
  expect((await runExpiry(expiryDeps(audit))).of(1)).toMatchObject({ outcome: 'done' });
  await expectExpiryInvariants(audit);
});

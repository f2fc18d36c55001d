import { settleRefused } from '@datasens/core/import/settle-object.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { expectSettlesAfterCrashes, expectSparesNewer, fileToSettle } from '@datasens/testkit/settling.ts';
import { testStore } from '@datasens/testkit/stores.ts';
import { describe, expect, test } from 'vitest';

describe.for(['imported', 'refused'] as const)('a file that was %s', (end) => {
  test('crashed at any step of its settling, it is somewhere, and a second call ends it', async () => {
    await using storage = await testStore();
    await expectSettlesAfterCrashes(storage.store, end);
  });

  test('whatever somebody puts under its key meanwhile stays there', async () => {
    await using storage = await testStore();
    await expectSparesNewer(storage.store, end, { versions: false });
  });

  test('whose copy has other bytes stays where it is, and the copy does not', async () => {
    await using storage = await testStore();
    const { store } = storage;
    const file = await fileToSettle(store, 'damaged', end);
    const damaging: BlobStore['copy'] = async (_from, to) => await store.put(to, [Buffer.from('damaged')]);
    await expect(file.settle({ ...store, copy: damaging })).rejects.toMatchObject({ name: 'Transient' });
    expect((await store.list('')).blobs).toMatchObject([{ key: file.key }]);
    expect(await file.settle()).toMatchObject({ outcome: 'moved' });
    await file.expectSettled();
  });

  test('settled by two at once, it is settled', async () => {
    await using storage = await testStore();
    for (let times = 0; times < 10; times += 1) {
      const file = await fileToSettle(storage.store, `twice-${times}`, end);
      const both = await Promise.all([file.settle(), file.settle()]);
      expect(both).toMatchObject([{ outcome: 'moved' }, { outcome: 'moved' }]);
      expect(await file.inInbox()).toBeUndefined();
      await file.expectSettled();
    }
  });
});

test('a file that nobody has pinned stays: which one was meant is not known', async () => {
  await using storage = await testStore();
  const { store } = storage;
  const { key } = await fileToSettle(store, 'any', 'refused');
  const deps = { store, signal: new AbortController().signal };
  const left = await settleRefused(deps, { object: { key }, refused: 'InvalidInput', since: new Date() });
  expect(left).toMatchObject({ outcome: 'left' });
  expect((await store.list('')).blobs).toMatchObject([{ key }]);
});

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

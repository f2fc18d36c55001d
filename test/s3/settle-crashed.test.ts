import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { expectSettlesAfterCrashes, expectSparesNewer, fileToSettle } from '@datasens/testkit/settling.ts';
import { bucketStore } from '@datasens/testkit/stores.ts';
import { describe, expect, test } from 'vitest';

const ends = ['imported', 'refused'] as const;

describe.for(s3Servers().flatMap((server) => ends.map((end) => ({ ...server, end }))))(
  'a file that was $end, in a bucket of $kind that keeps versions',
  ({ endpoint, end }) => {
    const openStore = async () => bucketStore(endpoint, await testBucket(endpoint, { versioning: true }));

    test('crashed at any step of its settling, it is somewhere, and a second call ends it', async () => {
      await using storage = await openStore();
      await expectSettlesAfterCrashes(storage.store, end);
    });

    test('is settled below what somebody puts under its key meanwhile, which stays there', async () => {
      await using storage = await openStore();
      await expectSparesNewer(storage.store, end, { versions: true });
    });

    test('is the version that is meant, of two with the same bytes', async () => {
      await using storage = await openStore();
      const { store } = storage;
      const file = await fileToSettle(store, 'same', end);
      await fileToSettle(store, 'same', end);
      const [newer] = (await store.versions(file.key)).versions;
      await file.settle();
      await file.expectSettled();
      expect((await store.versions(file.key)).versions).toEqual([newer]);
    });
  },
);

import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileStore } from '@datasens/core/storage/file.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import type { JsonObject } from '../step-functions/json.ts';
import { deliveryOf } from './delivery.ts';
import { watchInbox } from './watch-inbox.ts';

const EVERY_MS = 1_000;

interface Message {
  readonly messageId: string;
  readonly body: string;
}

/** An inbox in a folder, that is looked at when the test says so. */
async function inboxFolder() {
  const folder = await temporaryFolder();
  const root = join(folder.path, 'bucket');
  await mkdir(join(root, 'inbox/public.t'), { recursive: true });
  const clock = manualClock();
  const said: string[] = [];
  /** The names that were handed over, a batch each. */
  const batches: string[][] = [];
  let answer: (names: readonly string[]) => object = () => ({ batchItemFailures: [] });
  const starter = async (batch: JsonObject) => {
    const names = (batch.Records as unknown as Message[]).map(({ body }) => {
      const { object } = JSON.parse(body).Records[0].s3;
      return decodeURIComponent(object.key.split('/').at(-1));
    });
    batches.push(names);
    return answer(names);
  };
  const store = fileStore(root);
  const inbox = watchInbox({ store, starter, clock, log: (message) => said.push(message) }, EVERY_MS);
  return {
    root,
    batches,
    said,
    inbox,
    clock,
    path: (name: string) => join(root, 'inbox/public.t', name),
    answers(by: typeof answer) {
      answer = by;
    },
    /** Lets the folder be looked at so many times. */
    async looks(times: number) {
      for (let n = 0; n < times; n += 1) {
        await eventually(() => expect(clock.waits()).toHaveLength(1));
        clock.pass(EVERY_MS);
      }
      await eventually(() => expect(clock.waits()).toHaveLength(1));
    },
    async [Symbol.asyncDispose]() {
      await inbox[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a file counts when it has stopped changing, and is handed over once for each time that it is put there', async () => {
  await using folder = await inboxFolder();
  const { batches, path, looks } = folder;
  await looks(1);
  await writeFile(path('a.csv'), 'id\n');
  for (let n = 0; n < 3; n += 1) {
    await looks(1);
    await appendFile(path('a.csv'), `${n}\n`);
  }
  await looks(1);
  expect(batches).toEqual([]);
  await looks(3);
  expect(batches).toEqual([['a.csv']]);
  await writeFile(path('b.csv'), 'id\n3\n');
  await rename(path('b.csv'), path('a.csv'));
  await looks(3);
  expect(batches).toEqual([['a.csv'], ['a.csv']]);
});

test('what the starter does not take is handed over again, and holds up nothing else', async () => {
  await using folder = await inboxFolder();
  const { batches, path, looks, answers, said } = folder;
  await looks(1);
  for (const name of ['a.csv', 'b.csv']) await writeFile(path(name), 'id\n1\n');
  answers((names) => ({
    batchItemFailures: names.flatMap((name, index) => (name === 'a.csv' ? [{ itemIdentifier: String(index) }] : [])),
  }));
  await looks(3);
  expect(batches.slice(0, 2)).toEqual([['a.csv', 'b.csv'], ['a.csv']]);
  answers(() => {
    throw new Error('no room');
  });
  await looks(1);
  expect(said).toContainEqual(expect.stringContaining('1 files of the inbox could not be handed over'));
  answers(() => ({ batchItemFailures: [] }));
  await looks(1);
  const { length } = batches;
  await looks(2);
  expect(batches).toHaveLength(length);
});

test('many at once are handed over ten at a time', async () => {
  await using folder = await inboxFolder();
  await folder.looks(1);
  const names = Array.from({ length: 23 }, (_, n) => `${String(n).padStart(2, '0')}.csv`);
  for (const name of names) await writeFile(folder.path(name), 'id\n1\n');
  await folder.looks(2);
  expect(folder.batches.map((batch) => batch.length)).toEqual([10, 10, 3]);
  expect(folder.batches.flat()).toEqual(names);
});

test('an inbox that cannot be looked at is said to be so, and is looked at again; sooner where somebody says so', async () => {
  await using folder = await inboxFolder();
  const { root, batches, path, looks, said, inbox, clock } = folder;
  await rm(root, { recursive: true });
  await writeFile(root, 'no folder');
  await looks(1);
  expect(said[0]).toMatch(/^the inbox of file:.* cannot be looked at/);
  await rm(root);
  await mkdir(join(root, 'inbox/public.t'), { recursive: true });
  await writeFile(path('a.csv'), 'id\n1\n');
  await eventually(() => {
    inbox.look();
    expect(batches).toEqual([['a.csv']]);
  });
  // However often that was, it waits for one next look.
  await eventually(() => expect(clock.waits()).toHaveLength(1));
});

test('a file in a bucket is told of as S3 tells of it', () => {
  const modifiedAt = new Date('2026-11-27T10:00:00Z');
  const blob = { key: 'inbox/public.t/été 1+1.csv', etag: '"e"', sizeBytes: 3, modifiedAt };
  const told = (location: string) => {
    const [{ body }] = deliveryOf(location, [blob]).Records as unknown as [Message];
    const { bucket, object } = JSON.parse(body).Records[0].s3;
    return [bucket.name, object.key];
  };
  const key = 'inbox/public.t/%C3%A9t%C3%A9%201%2B1.csv';
  expect(told('s3://data/team/prod')).toEqual(['data', `team/prod/${key}`]);
  expect(told('s3://data')).toEqual(['data', key]);
  expect(told('file:///srv/bucket')).toEqual(['file:///srv/bucket', key]);
});

import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import type { DumpWorld } from '@datasens/testkit/dump-world.ts';
import { everythingStored } from '@datasens/testkit/everything-stored.ts';
import {
  eventsOf,
  expectFailure,
  restoreInto,
  restoreWorld,
  type TestRequest,
} from '@datasens/testkit/restore-world.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';
import { expect, inject, test } from 'vitest';
import type { Encryption } from '../crypto/encryption.ts';
import { commitDump } from '../dump/commit-dump.ts';
import type { DumpRequest } from '../dump/dump-plan.ts';
import { planDump } from '../dump/plan-dump.ts';
import { runDump } from '../dump/run-dump.ts';
import { stageDump } from '../dump/stage-dump.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { restoreTest } from './restore-test.ts';

const user = 'claire';
const keys = await testKeys();
const others = await testKeys();

/** Rows that fill several of age's pieces, compressed or not. */
const PEOPLE = `create type mood as enum ('well');
  create table person (id int primary key, mood mood default 'well', address text);
  insert into person select n, 'well', gen_random_uuid()::text || gen_random_uuid() from generate_series(1, 8000) n`;

async function people(request: Partial<DumpRequest> = {}): Promise<DumpWorld> {
  const world = await restoreWorld({ encryption: keys.dumping() });
  await world.source.sql(PEOPLE);
  await runDump(world.deps, { user, sensitive: true, ...request });
  return world;
}

/** The same world, seen from another machine. */
const on = (world: DumpWorld, encryption: Encryption, store: BlobStore = world.deps.store): DumpWorld => ({
  ...world,
  deps: { ...world.deps, encryption, store },
});

test.for<[string, Partial<DumpRequest>, TestRequest]>([
  ['a new database', {}, {}],
  ['a new database, by several processes', {}, { jobs: 2 }],
  ['a new database, from a dump of a table and the definitions around it', { tables: ['person'] }, {}],
  ['place of what is there', {}, { inPlace: true, clean: true }],
])('a sensitive dump is restored and proven by who holds an identity, into %s', async ([, dumped, request]) => {
  await using world = await people(dumped);
  await using absent = futureDatabase();
  const target = request.inPlace ? world.source : absent;
  if (request.inPlace) await world.source.sql('delete from person where id > 10');
  const { comparison } = await restoreInto(on(world, keys.restoring()), target.url, { ...request, prove: true });
  expect(comparison).toMatchObject({ equal: true, level: 'content' });
  expect(await target.sql('select count(*)::int as n from person')).toEqual([{ n: 8000 }]);
});

test.for<[string, Encryption | undefined, { name: string; says: readonly string[] }]>([
  ['no identity', undefined, { name: 'ConfigError', says: ['is encrypted: set DATASENS_IDENTITY', keys.recipient] }],
  ['the keys to dump alone', keys.dumping(), { name: 'ConfigError', says: ['set DATASENS_IDENTITY'] }],
  [
    'the identity of somebody else',
    others.restoring(),
    { name: 'NotAllowed', says: [`not to ${others.recipient}`, `identity of ${keys.recipient}`] },
  ],
])('with %s a restore is refused before anything is read or touched', async ([, encryption, failure]) => {
  await using world = await people();
  let reads = 0;
  const { store } = world.deps;
  const counting: BlobStore = {
    ...store,
    read(key, options) {
      if (key.endsWith('.age')) reads += 1;
      return store.read(key, options);
    },
  };
  const { encryption: _, ...bare } = world.deps;
  const deps = { ...bare, store: counting, ...(encryption ? { encryption } : {}) };
  await using target = futureDatabase();
  await expectFailure({ ...world, deps }, target.url, {}, failure);
  expect(reads).toBe(0);
});

test.for<[string, (bytes: Buffer) => Buffer, readonly string[]]>([
  ['damaged', (bytes) => bytes.fill(bytes.readUInt8(99_999) ^ 1, 99_999, 100_000), ['is altered', 'use an older dump']],
  ['cut short', (bytes) => bytes.subarray(0, 100_000), ['is cut short', 'found 100000']],
])('a ciphertext that is %s is refused before anything is touched', async ([, damage, says]) => {
  await using world = await people();
  const [key = ''] = (await world.dumpKeys()).filter((name) => /data\.\w+\.dump\.age$/.test(name));
  const { outside } = world.audit.storage;
  await outside.write(key, damage(await outside.read(key)));
  await using target = futureDatabase();
  const failure = { name: 'CorruptDump', says, journalled: ['ECHEC'] };
  await expectFailure(on(world, keys.restoring()), target.url, {}, failure);
});

/** From its read `n` on, the store gives other bytes of the data than it has, and does not say so. */
function lying(store: BlobStore, n: number, lie: (bytes: Buffer) => Buffer): { store: BlobStore; reads(): number } {
  let reads = 0;
  return {
    reads: () => reads,
    store: {
      ...store,
      async *read(key, options) {
        if (/\/data\./.test(key)) reads += 1;
        if (reads < n || !/\/data\./.test(key)) return yield* store.read(key, options);
        const bytes = lie(Buffer.concat(await Array.fromAsync(store.read(key, options))));
        for (let at = 0; at < bytes.length; at += 50_000) yield Uint8Array.from(bytes.subarray(at, at + 50_000));
      },
    },
  };
}

const flipped = (at: number) => (bytes: Buffer) => {
  const place = at < 0 ? bytes.length + at : at;
  return bytes.fill(bytes.readUInt8(place) ^ 1, place, place + 1);
};

const LIES: readonly ((bytes: Buffer) => Buffer)[] = [
  flipped(60),
  flipped(150_000),
  flipped(-1),
  (bytes) => bytes.subarray(0, 150_000),
  (bytes) => bytes.subarray(0, -1),
];

// What was read is looked at alike, wherever it comes from: one store is enough.
test.for(inject('storeKind') === 'file' ? (['create', 'in-place'] as const) : [])(
  'what becomes other bytes while it is restored is not kept: %s',
  async (mode) => {
    await using world = await people();
    await using target = futureDatabase();
    await using scratch = futureDatabase();
    const url = mode === 'create' ? target.url : world.source.url;
    const request = mode === 'create' ? {} : { inPlace: true, clean: true };
    const { store } = world.deps;
    const honest = lying(store, Number.POSITIVE_INFINITY, (bytes) => bytes);
    await restoreInto(on(world, keys.restoring(), honest.store), mode === 'create' ? scratch.url : url, request);
    await world.source.sql('delete from person where id > 10');
    for (const lie of LIES) {
      const { store: lyingStore } = lying(store, honest.reads(), lie);
      const seen = on(world, keys.restoring(), lyingStore);
      const failure = {
        name: 'CorruptDump',
        says: ['was replaced while it was being restored'],
        journalled: ['RESTAURE', 'ECHEC'],
      };
      await expectFailure(seen, url, request, failure);
    }
  },
);

test('other plain bytes than the manifest names are not kept, whoever encrypted them', async () => {
  await using world = await restoreWorld({ encryption: keys.dumping() });
  await world.source.sql(PEOPLE);
  const staged = await stageDump(world.deps, await planDump(world.deps, { user, sensitive: true }));
  const { data, ...rest } = staged.manifest.objects;
  const wrong = { ...data, plain: { sizeBytes: data.plain?.sizeBytes ?? 0, sha256: 'ab'.repeat(32) } };
  await commitDump(world.deps, { ...staged, manifest: { ...staged.manifest, objects: { ...rest, data: wrong } } });
  await using target = futureDatabase();
  const failure = { name: 'CorruptDump', says: ['.age'], journalled: ['RESTAURE', 'ECHEC'] };
  await expectFailure(on(world, keys.restoring()), target.url, {}, failure);
});

test('what a server says of rows that it refuses goes to the caller, and into no object', async () => {
  await using world = await restoreWorld({ encryption: keys.dumping() });
  await world.source.sql(`
    create function is_here() returns boolean language sql as $$select current_database() = '${world.source.name}'$$;
    create table person (address text check (is_here()));
    insert into person values ('12 rue des Lilas')`);
  await runDump(world.deps, { user, sensitive: true });
  await using target = futureDatabase();
  const error = await restoreInto(on(world, keys.restoring()), target.url).catch((caught: Error) => caught);
  expect(error).toMatchObject({ message: expect.stringContaining('12 rue des Lilas') });
  expect((await eventsOf(world)).slice(-2)).toEqual(['RESTAURE', 'ECHEC']);
  for (const bytes of (await everythingStored(world.audit)).values()) expect(bytes.includes('Lilas')).toBe(false);
});

test('restore-test proves what it can open, and says of the rest why not', async () => {
  await using world = await people();
  const tested = async (encryption: Encryption) => {
    const scratch = parseDatabaseUrl(world.source.url, 'scratch');
    const [result] = await restoreTest(on(world, encryption).deps, { scratch, user });
    return result?.comparison?.equal ?? String(result?.error);
  };
  expect(await tested(keys.restoring())).toBe(true);
  expect(await tested(keys.dumping())).toMatch(/^ConfigError: dump \d+ is encrypted/);
});

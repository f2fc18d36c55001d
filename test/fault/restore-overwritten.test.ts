import type { DumpRequest } from '@datasens/core/dump/dump-plan.ts';
import { type DumpResult, runDump } from '@datasens/core/dump/run-dump.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import type { DumpWorld } from '@datasens/testkit/dump-world.ts';
import { expectFailure, restoreInto, restoreWorld, type TestRequest } from '@datasens/testkit/restore-world.ts';
import { testRole } from '@datasens/testkit/role.ts';
import { expect, inject, test } from 'vitest';

const user = 'claire';
const TRIED = ['RESTAURE', 'ECHEC'];
const MODES = ['create', 'in-place'] as const;

/** A dump, and the same objects of another one: of as many rows, with other values. */
interface TwoDumps extends DumpWorld {
  readonly dump: string;
  readonly data: Overwritten;
  readonly proof: Overwritten;
}

interface Overwritten {
  readonly key: string;
  readonly own: Buffer;
  readonly others: Buffer;
}

async function twoDumps(format: DumpRequest['format']): Promise<TwoDumps> {
  const world = await restoreWorld();
  // The second table fills more than the pipe to a tool that leaves before it.
  await world.source.sql(`create table a as select n, md5('first' || n) as value from generate_series(1, 100) n;
    create table b as select gen_random_uuid() as x, gen_random_uuid() as y from generate_series(1, 12000)`);
  const own = await runDump(world.deps, { user, format });
  await world.source.sql('update a set value = md5(value)');
  const other = await runDump(world.deps, { user, format });
  const { outside } = world.audit.storage;
  const object = async (name: 'data' | 'proof'): Promise<Overwritten> => {
    const keyIn = ({ prefix, manifest }: DumpResult) => `${prefix}${manifest.objects[name].key}`;
    return { key: keyIn(own), own: await outside.read(keyIn(own)), others: await outside.read(keyIn(other)) };
  };
  return { ...world, dump: String(own.manifest.dumpId), data: await object('data'), proof: await object('proof') };
}

/** The world, in which somebody overwrites an object before its read `n`, on a server that may ignore `If-Match`. */
function overwrittenBefore(
  n: number,
  world: TwoDumps,
  { key, others }: Overwritten,
  { conditional }: { readonly conditional: boolean },
): { readonly world: TwoDumps; reads(): number } {
  const { store } = world.deps;
  let reads = 0;
  const overwritten: BlobStore = {
    ...store,
    async *read(name, { etag, ...options } = {}) {
      if (name === key) reads += 1;
      if (name === key && reads === n) await world.audit.storage.outside.write(key, others);
      yield* store.read(name, { ...options, ...(conditional && etag !== undefined ? { etag } : {}) });
    },
  };
  return { world: { ...world, deps: { ...world.deps, store: overwritten } }, reads: () => reads };
}

interface Case {
  readonly mode: (typeof MODES)[number];
  readonly format?: DumpRequest['format'];
  readonly object?: 'data' | 'proof';
  readonly request?: TestRequest;
  readonly conditional?: boolean;
}

/** Overwrites the object before each read after the one that checks it, and expects that nothing of it is kept. */
async function expectRefused(
  { mode, format = 'custom', object = 'data', request = {}, conditional = false }: Case,
  name: string,
): Promise<void> {
  await using made = await twoDumps(format);
  await using role = await testRole(made.source);
  await made.source.sql(`alter role ${role.name} createdb`);
  await using absent = futureDatabase();
  await using elsewhere = futureDatabase();
  const urlOf = ({ url }: { readonly url: string }) => {
    const as = new URL(url);
    // Scripts are for roles that may do little.
    if (format === 'plain') as.username = role.name;
    return as.href;
  };
  const [url, other] = mode === 'create' ? [absent, elsewhere].map(urlOf) : [made.source.url, made.source.url];
  const all = {
    ...request,
    dump: made.dump,
    ...(mode === 'in-place' ? { inPlace: true, clean: true } : {}),
    ...(format === 'plain' ? { owners: false, privileges: false } : {}),
  };
  const overwritten = made[object];
  const undisturbed = overwrittenBefore(0, made, overwritten, { conditional });
  await restoreInto(undisturbed.world, other ?? '', all);
  const reads = undisturbed.reads();
  expect(reads).toBeGreaterThan(2);
  if (mode === 'in-place') await made.source.sql('truncate a');
  for (let n = 2; n <= reads; n += 1) {
    const { world } = overwrittenBefore(n, made, overwritten, { conditional });
    // The second one still belongs to the preparation, in which an archive is not read to its end.
    const early = object === 'proof' || format === 'plain' ? ['ECHEC'] : conditional ? [] : TRIED;
    const journalled = n === 2 ? early : TRIED;
    await expectFailure(world, url ?? '', all, { name, says: [overwritten.key], journalled });
    await made.audit.storage.outside.write(overwritten.key, overwritten.own);
  }
}

test.for<Case>(MODES.map((mode) => ({ mode, conditional: true })))(
  'an archive that somebody overwrites during its restore is a Conflict, and not kept: %j',
  (each) => expectRefused(each, 'Conflict'),
);

/** What was read is looked at alike, wherever it comes from: one store is enough. */
const OF_ANY_STORE: readonly Case[] = [
  { mode: 'create', object: 'proof' },
  { mode: 'create', format: 'plain' },
  // Whose restore reads little more than the beginning.
  { mode: 'create', request: { tables: ['a'] } },
];
/** In a folder several processes read the archive where it is, and its version is looked at afterwards. */
const OF_SERVERS: readonly Case[] = [{ mode: 'create', request: { jobs: 2 } }];

test.for<Case>([...MODES.map((mode) => ({ mode })), ...(inject('storeKind') === 'file' ? OF_ANY_STORE : OF_SERVERS)])(
  'on a server that ignores If-Match it is refused by its hash, and not kept: %j',
  (each) => expectRefused(each, 'CorruptDump'),
);

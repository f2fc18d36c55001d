import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { parquetFile, plain } from '@datasens/testkit/parquet/parquet-file.ts';
import { expect, test } from 'vitest';
import { importObject } from './import-object.ts';
import type { ImportDeps } from './import-request.ts';
import { inspectObject } from './inspect-object.ts';
import { ObjectImport } from './object-import.ts';

const KEY = 'inbox/public.t/file.csv';
const csv = (...ids: number[]) => `id,title\n${ids.map((id) => `${id},title ${id}\n`).join('')}`;

/** What two states of a workflow do with a file of the inbox. */
async function objectWorld() {
  const world: ImportWorld = await importWorld();
  const { store } = world.audit;
  const ask = (how: object) => ObjectImport.parse({ key: KEY, table: 't', user: 'claire', ...how });
  return {
    ...world,
    put: (content: string | Uint8Array, key = KEY) => store.put(key, [Buffer.from(content)]),
    inspect: (how: object = {}, since = new Date()) => inspectObject(world.deps, ask(how), since),
    import: (sha256: string, how: object = {}, since = new Date()) =>
      importObject(world.deps, { asked: ask(how), sha256, tableExists: true, since }),
    ids: async () =>
      (await world.target.sql<{ id: string }>('select id from t order by id')).map(({ id }) => Number(id)),
    ledger: () => world.target.sql('select import_id::int as id, mode from t40_import_registre order by import_id'),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** The time of a call, which is over when the test says so. */
function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('the time is over')) };
}

test('a look says what a file is, and what its import would need', async () => {
  await using world = await objectWorld();
  const { etag } = await world.put(csv(1));
  expect(await world.inspect()).toMatchObject({
    object: { key: KEY, etag, versionId: expect.any(String) },
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    sizeBytes: csv(1).length,
    format: 'delimited',
    table: '"public"."t"',
    tableExists: false,
    duplicateOf: null,
    imported: null,
    needsSafety: false,
  });
  await world.target.sql('create table t (id int, title text)');
  expect(await world.inspect({ ifExists: 'replace' })).toMatchObject({ tableExists: true, needsSafety: true });
  expect(await world.inspect({ ifExists: 'append' })).toMatchObject({ tableExists: true, needsSafety: false });
});

test.for([
  ['a file that the look has read', Buffer.from(csv(1))],
  ['a file that is larger than the look', Buffer.from(csv(...Array.from({ length: 50_000 }, (_, n) => n)))],
  [
    'a Parquet file',
    parquetFile({
      schema: [{ name: 'id', type: 'INT32' }],
      groups: [{ rows: 2, chunks: [{ pages: [{ count: 2, body: plain.int32([1, 2]) }] }] }],
    }),
  ],
] as const)('the hash of a look is that of the import: %s', async ([, content]) => {
  await using world = await objectWorld();
  await world.put(content);
  const { sha256 } = await world.inspect();
  expect(await world.import(sha256)).toMatchObject({ sha256, importId: 1 });
});

test('other bytes than those that were inspected are not imported', async () => {
  await using world = await objectWorld();
  const old = await world.put(csv(1));
  const { sha256 } = await world.inspect();
  await world.put(csv(2));
  const conflict = { name: 'Conflict' };
  await expect(world.import(sha256, { etag: old.etag })).rejects.toMatchObject(conflict);
  await expect(world.inspect({ etag: old.etag })).rejects.toMatchObject(conflict);
  // Whatever told that it is the same.
  const changed = { ...conflict, message: expect.stringMatching(/changed since it was inspected/) };
  await expect(world.import(sha256)).rejects.toMatchObject(changed);
  await world.target.sql('create table t (id int, title text)');
  await expect(world.import(sha256)).rejects.toMatchObject(changed);
  expect(await world.ids()).toEqual([]);
  expect(await world.ledger()).toEqual([]);
});

test('an ETag is the same with its quotes and without', async () => {
  await using world = await objectWorld();
  const { etag } = await world.put(csv(1));
  expect(await world.inspect({ etag: etag.replaceAll('"', '') })).toMatchObject({ object: { etag } });
});

test('a file that is gone is told as what it was', async () => {
  await using world = await objectWorld();
  await expect(world.inspect()).rejects.toMatchObject({
    name: 'NotFound',
    message: expect.stringMatching(/below rejected/),
  });
  await world.put(csv(1));
  const since = new Date();
  const { sha256 } = await world.inspect();
  const imported = await world.import(sha256, {}, since);
  await world.audit.store.delete(KEY);
  // To the execution that has done it, it is done; to any other it is gone.
  expect(await world.inspect({}, since)).toMatchObject({ sha256, imported: { ...imported, warnings: [] } });
  const settled = { name: 'NotFound', message: expect.stringMatching(/import 1 took it in/) };
  await expect(world.inspect({}, new Date(Date.now() + 1_000))).rejects.toMatchObject(settled);
});

test('an import that is asked for again has been done, whatever came in between', async () => {
  await using world = await objectWorld();
  await world.put(csv(1, 2));
  const { sha256 } = await world.inspect();
  const since = new Date();
  for (const how of [{ ifExists: 'replace' }, { force: true }]) {
    const first = await world.import(sha256, how, since);
    // Somebody else has the table hold something else by now.
    await world.load(csv(9), { ifExists: 'replace', force: true });
    expect(await world.import(sha256, how, since)).toEqual(first);
    expect(await world.inspect(how, since)).toMatchObject({ imported: first, duplicateOf: null, needsSafety: false });
    expect(await world.ids()).toEqual([9]);
  }
});

test('what was asked for later is another import: a duplicate, unless it is forced or the table has changed', async () => {
  await using world = await objectWorld();
  await world.put(csv(1));
  const { sha256 } = await world.inspect();
  const first = await world.import(sha256);
  const later = new Date(Date.now() + 1_000);
  const duplicateOf = { importId: first.importId, dumpId: first.dumpId };
  expect(await world.inspect({}, later)).toMatchObject({ duplicateOf, imported: { rowsInserted: 0, duplicateOf } });
  expect(await world.import(sha256, {}, later)).toMatchObject({ importId: 1, rowsInserted: 0, duplicateOf });
  expect(await world.inspect({ force: true }, later)).toMatchObject({ duplicateOf: null, imported: null });
  expect(await world.import(sha256, { force: true }, later)).toMatchObject({ importId: 2, duplicateOf: null });
  expect(await world.ids()).toEqual([1, 1]);
  await world.target.sql('drop table t');
  expect(await world.inspect({}, later)).toMatchObject({ duplicateOf: null, imported: null });
});

test('a step of a workflow that may be tried again journals nothing; one that is refused journals its lines', async () => {
  await using world = await objectWorld();
  await world.put('id,title\n1,a\n2,b\n');
  await world.target.sql('create table t (id int, title text)');
  const events = () =>
    world.audit.server.sql(`select evenement from t39_dump_evenement where evenement in ('ECHEC', 'REJETE')`);
  const run = async (more: Partial<ImportDeps>) => {
    const asked = ObjectImport.parse({ key: KEY, table: 't', user: 'claire', header: 1 });
    const { sha256 } = await world.inspect({ header: 1 });
    const deps = { ...world.deps, execution: 'import-1', ...more };
    return await importObject(deps, { asked, sha256, tableExists: true, since: new Date() });
  };
  const { signal, abort } = abortable();
  const late = run({ signal, onProgress: ({ phase }) => phase === 'finish' && abort() });
  await expect(late).rejects.toThrow();
  expect(await events()).toEqual([]);
  expect(await world.ids()).toEqual([]);
  await world.put('id,title\n1,a\nx,b\n');
  await expect(run({})).rejects.toMatchObject({ name: 'TooManyRejects' });
  expect(await events()).toEqual([{ evenement: 'REJETE' }]);
});

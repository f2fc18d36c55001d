import { everythingStored } from '@datasens/testkit/everything-stored.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';
import { describe, expect, test } from 'vitest';
import { verifyJournal } from '../audit/verify-journal.ts';
import type { Encryption } from '../crypto/encryption.ts';
import type { ImportResult } from './import-request.ts';
import { type ReplayRequest, replayRejects } from './replay-rejects.ts';
import { openFileSource } from './source/file-source.ts';

const told = { headerRows: 1, delimiter: ';', quote: '"', escape: '"' } as const;

/** The stored rejects, as text. */
async function rejectsOf(world: ImportWorld, { rejectsUri }: ImportResult): Promise<string> {
  const key = String(rejectsUri).slice(world.deps.store.uri.length).replace(/^\//, '');
  return Buffer.concat(await Array.fromAsync(world.deps.store.read(key))).toString();
}

/** The rejects, as a person has corrected one of them. */
function correct(rejects: string, wrong: string, right: string): string {
  const lines = rejects
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { raw: string });
  return lines.map((reject) => `${JSON.stringify({ ...reject, raw: reject.raw.replace(wrong, right) })}\n`).join('');
}

/** Replays the rejects as they are stored, or those of a file of this text. */
async function replay(world: ImportWorld, importId: number, text?: string, request: Partial<ReplayRequest> = {}) {
  const asked = { into: 'default', importId, user: 'paul', ...request };
  if (text === undefined) return await replayRejects(world.deps, asked);
  await using corrected = await openFileSource(await world.file(text, 'corrected.ndjson'));
  return await replayRejects(world.deps, { ...asked, corrected });
}

describe('rejects that were corrected', () => {
  const content =
    'id;jour;prix;nom\n1;02/01/2026;1,5;a\n2;03/01/2026;NA\n3;13/01/2026;2,25;"c"d\n4;14/01/2026;3,75;d\n';
  const reading = { told, decimal: ',', nullWords: ['NA'] } as const;

  async function importedWithRejects() {
    const world = await importWorld();
    return { world, first: await world.load(content, { ...reading, maxRejects: 9 }) };
  }

  test('are read as the rows around them were, are an import of their own, and go in once', async () => {
    const { world, first } = await importedWithRejects();
    await using _ = world;
    expect(first).toMatchObject({ rowsInserted: 2, rowsRejected: 2 });
    const stored = await rejectsOf(world, first);
    const corrected = correct(correct(stored, 'NA', 'NA;"b\n"'), '"c"d', '"c"');
    const second = await replay(world, first.importId, corrected);
    expect(second).toMatchObject({
      importId: 2,
      table: first.table,
      path: 'tolerant',
      pathBecause: 'rejects of import 1 are replayed',
      rowsRead: 2,
      rowsInserted: 2,
      rowsRejected: 0,
      created: false,
    });
    expect(await world.target.sql('select id::int, jour::text, prix::text, nom from t order by id')).toEqual([
      { id: 1, jour: '2026-01-02', prix: '1.5', nom: 'a' },
      { id: 2, jour: '2026-01-03', prix: null, nom: 'b\n' },
      { id: 3, jour: '2026-01-13', prix: '2.25', nom: 'c' },
      { id: 4, jour: '2026-01-14', prix: '3.75', nom: 'd' },
    ]);
    expect(await replay(world, first.importId, corrected)).toMatchObject({
      duplicateOf: { importId: 2, user: 'paul' },
    });
    expect(await world.target.sql('select commentaire from t40_import_registre order by import_id')).toEqual([
      { commentaire: null },
      { commentaire: 'rejects of import 1' },
    ]);
    expect(await verifyJournal(world.deps)).toMatchObject({ ok: true });
  });

  test('in part leave the others as rejects, which can be corrected in their turn', async () => {
    const { world, first } = await importedWithRejects();
    await using _ = world;
    const half = correct(await rejectsOf(world, first), 'NA', 'NA;b');
    await expect(replay(world, first.importId, half)).rejects.toMatchObject({
      name: 'TooManyRejects',
      details: { rejects: [{ line: 2 }] },
    });
    const second = await replay(world, first.importId, half, { maxRejects: 1 });
    expect(second).toMatchObject({ rowsRead: 2, rowsInserted: 1, rowsRejected: 1 });
    const rest = correct(await rejectsOf(world, second), '"c"d', '"c"');
    expect(await replay(world, second.importId, rest)).toMatchObject({ rowsInserted: 1, rowsRejected: 0 });
    expect(await world.target.sql('select id::int from t order by id')).toEqual([1, 2, 3, 4].map((id) => ({ id })));
  });
});

test('rejects go in as they are stored, once the database takes them', async () => {
  await using world = await importWorld();
  await world.target.sql('create table parent (a int primary key)');
  await world.target.sql('create table t (a int references parent, b text)');
  await world.target.sql('insert into parent values (1)');
  const first = await world.load('a,b\n1,x\n2,y\n', { maxRejects: 1 });
  await expect(replay(world, first.importId)).rejects.toMatchObject({ name: 'TooManyRejects' });
  await world.target.sql('insert into parent values (2)');
  expect(await replay(world, first.importId)).toMatchObject({ rowsInserted: 1 });
  expect(await world.target.sql('select * from t order by a')).toEqual([
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ]);
});

test('rejects of an upsert are matched by its key', async () => {
  await using world = await importWorld();
  const upsert = { ifExists: 'upsert', key: ['ID'], maxRejects: 9 } as const;
  const first = await world.load('id,n\n1,a\n2,b\n2,c\n', upsert);
  expect(first).toMatchObject({ rowsInserted: 2, rowsRejected: 1 });
  expect(await replay(world, first.importId)).toMatchObject({ rowsUpdated: 1, rowsInserted: 0 });
  expect(await world.target.sql('select id::int, n from t order by id')).toEqual([
    { id: 1, n: 'a' },
    { id: 2, n: 'c' },
  ]);
});

test('each line is one row: an open quote takes no other with it, and bytes that were no text do not become text', async () => {
  await using world = await importWorld();
  await world.target.sql('create table t (a int, b text)');
  const csv = { ...told, delimiter: ',', encoding: 'utf-8' } as const;
  const broken = Buffer.from('a,b\n1,"open\n2,x,\n3,\xe9\n4,ok\n', 'latin1');
  const first = await world.load(broken, { told: csv, maxRejects: 9 });
  expect(first).toMatchObject({ rowsInserted: 1, rowsRejected: 3 });
  const corrected = correct(await rejectsOf(world, first), '2,x,', '2,"x');
  expect(await replay(world, first.importId, `${corrected}\n`, { maxRejects: 9 })).toMatchObject({
    rowsRead: 3,
    rowsRejected: 3,
    rejects: [
      { reason: 'a quote is opened and never closed' },
      { reason: 'a quote is opened and never closed' },
      { raw: '3,\\xe9', reason: 'it has bytes that are no utf-8' },
    ],
  });
  const line = (raw: string) => `${JSON.stringify({ line: 1, raw, reason: '' })}\n`;
  expect(await replay(world, first.importId, line('5,a\n6,b') + line(''), { maxRejects: 2 })).toMatchObject({
    rejects: [{ reason: expect.stringContaining('holds 2 rows') }, { reason: expect.stringContaining('it is empty') }],
  });
  await expect(replay(world, first.importId, `${line('5,a')}6,b\n`)).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringContaining('line 2 is no reject'),
  });
});

test('there is nothing to replay: no such import, none left out, replaced since, the table gone', async () => {
  await using world = await importWorld();
  await expect(replay(world, 7)).rejects.toMatchObject({ name: 'NotFound' });
  const whole = await world.load('a\n1\n');
  await expect(replay(world, whole.importId)).rejects.toThrow('has no rejects');
  await world.target.sql('create table u (a int)');
  const left = await world.load('a\n1\nx\n', { table: 'u', told: { headerRows: 1 }, maxRejects: 1 });
  await world.load('a\n2\n', { table: 'u', ifExists: 'replace' });
  await expect(replay(world, left.importId)).rejects.toThrow('no import 2 stands');
  const gone = await world.load('a\n3\nx\n', { table: 'u', told: { headerRows: 1 }, maxRejects: 1 });
  await world.target.sql('drop table u');
  await expect(replay(world, gone.importId)).rejects.toThrow('"u" is gone');
});

describe('rejects that are sensitive', () => {
  const content = 'id,address\n1,12 rue des Lilas\nx,13 rue des Lilas\ny,14 rue des Lilas\n';
  const request = { told: { headerRows: 1, delimiter: ',' }, maxRejects: 9 } as const;

  test.for([
    ['asked for', {}, true],
    ['a rule is about the table', { default: ['t'] }, false],
  ] as const)('are stored encrypted, and so is how they are read: %s', async ([, rules, sensitive]) => {
    const keys = await testKeys();
    await using world = await importWorld({ encryption: keys.dumping(rules) });
    await world.target.sql('create table t (id int, address text)');
    const first = await world.load(content, { ...request, sensitive });
    expect(first).toMatchObject({
      rowsInserted: 1,
      rowsRejected: 2,
      rejectsUri: expect.stringMatching(/ndjson\.age$/),
    });
    const stored = await everythingStored(world.audit);
    expect([...stored.keys()].filter((key) => key.startsWith('rejected/'))).toEqual([
      expect.stringMatching(/reading\.json\.age$/),
      expect.stringMatching(/rejects\.ndjson\.age$/),
    ]);
    for (const bytes of stored.values()) {
      expect(bytes.includes('Lilas') || bytes.includes('"delimiter"')).toBe(false);
    }
  });

  test('are replayed by who has an identity, and what is rejected again is encrypted again', async () => {
    const keys = await testKeys();
    const others = await testKeys();
    await using world = await importWorld({ encryption: keys.dumping() });
    await world.target.sql('create table t (id text check (id <> $$y$$), address text)');
    await world.target.sql('alter table t add check (id <> $$x$$)');
    const { importId } = await world.load(content, { ...request, sensitive: true });
    await world.target.sql('alter table t drop constraint t_id_check1');
    const replayBy = (encryption: Encryption) =>
      replay({ ...world, deps: { ...world.deps, encryption } }, importId, undefined, { maxRejects: 1 });
    await expect(replayBy(keys.dumping())).rejects.toMatchObject({ name: 'ConfigError' });
    await expect(replayBy(others.restoring())).rejects.toMatchObject({ name: 'NotAllowed' });
    const both = { ...keys.restoring(), recipients: [keys.recipient] };
    expect(await replayBy(both)).toMatchObject({
      rowsInserted: 1,
      rowsRejected: 1,
      rejectsUri: expect.stringMatching(/ndjson\.age$/),
    });
    expect(await replayBy(both)).toMatchObject({ duplicateOf: { importId: 2 } });
    for (const bytes of (await everythingStored(world.audit)).values()) expect(bytes.includes('Lilas')).toBe(false);
  });

  test('are replayed as objects where they were objects', async () => {
    const keys = await testKeys();
    await using world = await importWorld({ encryption: keys.dumping() });
    await world.target.sql('create table t (id int constraint low check (id < 2), address text)');
    const objects = [1, 2].map((id) => `${JSON.stringify({ id, address: `${id} rue des Lilas` })}\n`).join('');
    const { importId } = await world.load(objects, { maxRejects: 1, sensitive: true });
    await world.target.sql('alter table t drop constraint low');
    const both = { ...keys.restoring(), recipients: [keys.recipient] };
    const replayed = await replay({ ...world, deps: { ...world.deps, encryption: both } }, importId);
    expect(replayed).toMatchObject({ rowsRead: 1, rowsInserted: 1 });
    expect(await world.target.sql('select id, address from t where id = 2')).toEqual([
      { id: 2, address: '2 rue des Lilas' },
    ]);
  });

  test('are refused, with the import, where there is no key to encrypt them to', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (id int, address text)');
    await expect(world.load(content, { ...request, sensitive: true })).rejects.toMatchObject({ name: 'ConfigError' });
    expect(await world.target.sql('select * from t')).toEqual([]);
  });
});

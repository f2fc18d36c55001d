import { runDump } from '@datasens/core/dump/run-dump.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { describe, expect, test } from 'vitest';

const user = 'claire';
const restore = (world: ImportWorld, dumpId: number) =>
  runRestore(world.deps, { dump: String(dumpId), inPlace: true, clean: true, prove: true, user });
const entries = (world: ImportWorld) =>
  world.target.sql(
    'select table_cible as name, rang as rank, statut as status from t40_import_registre order by import_id',
  );
const valuesOf = async (world: ImportWorld, table: string) =>
  (await world.target.sql<{ a: string }>(`select a::text from ${table} order by a`)).map(({ a }) => a);

describe.for([false, true])('with the audit elsewhere: %s', (auditElsewhere) => {
  test('what a restore has undone can be imported again, and nothing else', async () => {
    await using world = await importWorld({ auditElsewhere });
    await world.load('a\n1\n');
    await world.load('a\n7\n', { table: 'other' });
    const { manifest } = await runDump(world.deps, { user });
    await world.load('a\n2\n');
    await world.load('a\n8\n', { table: 'later' });
    await restore(world, manifest.dumpId);

    expect(await entries(world)).toEqual([
      { name: 't', rank: 1, status: 'ACTIF' },
      { name: 'other', rank: 1, status: 'ACTIF' },
      { name: 't', rank: 1, status: 'ANNULE' },
      { name: 'later', rank: 1, status: 'ACTIF' },
    ]);
    expect(await valuesOf(world, 't')).toEqual(['1']);
    expect(await world.load('a\n2\n')).toMatchObject({ rowsInserted: 1 });
    for (const [content, table] of [
      ['a\n1\n', 't'],
      ['a\n7\n', 'other'],
      ['a\n8\n', 'later'],
    ] as const) {
      expect(await world.load(content, { table })).toHaveProperty('duplicateOf');
    }
    expect(await valuesOf(world, 't')).toEqual(['1', '2']);
  });
});

test('the dump of another database has none of the imports of this one', async () => {
  await using origin = await importWorld();
  await origin.load('a\n1\n');
  await using world = await importWorld();
  await world.load('a\n5\n');
  const sources = new Map([
    ...world.deps.sources,
    ['origin', [...origin.deps.sources.values()][0]],
  ]) as typeof world.deps.sources;
  const deps = { ...world.deps, sources };
  const { manifest } = await runDump(deps, { source: 'origin', user });
  await runRestore(deps, {
    dump: String(manifest.dumpId),
    into: 'default',
    inPlace: true,
    clean: true,
    prove: true,
    user,
  });
  expect(await valuesOf(world, 't')).toEqual(['1']);
  expect(await entries(world)).toMatchObject([{ status: 'ANNULE' }]);
  expect(await world.load('a\n5\n')).toMatchObject({ rowsInserted: 1 });
});

test('a restore that fails cancels nothing', async () => {
  await using world = await importWorld();
  await world.load('a\n1\n');
  const { manifest } = await runDump(world.deps, { user });
  await world.load('a\n2\n');
  await world.target.sql('create view reader as select a from t');
  await expect(restore(world, manifest.dumpId)).rejects.toMatchObject({ name: 'Conflict' });
  expect(await entries(world)).toMatchObject([{ status: 'ACTIF' }, { status: 'ACTIF' }]);
});

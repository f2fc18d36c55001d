import { archiveScript, copiedRows } from '@datasens/testkit/archive.ts';
import { contentHash } from '@datasens/testkit/content-hash.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { describe, expect, test } from 'vitest';
import { migrateAudit } from '../audit/migrate.ts';
import { parseDatabaseUrl } from '../postgres/target.ts';
import type { DumpRequest } from './dump-plan.ts';
import { type DumpResult, runDump } from './run-dump.ts';

const user = 'claire';

const dataOf = ({ audit }: DumpWorld, { prefix, manifest }: DumpResult) =>
  audit.storage.outside.read(`${prefix}${manifest.objects.data.key}`);

async function dump(world: DumpWorld, request: Partial<DumpRequest> = {}) {
  const result = await runDump(world.deps, { user, ...request });
  return { ...result, script: await archiveScript(await dataOf(world, result)) };
}

test('the same rows have the same proof in another order, another encoding and another time zone', async () => {
  const build = async (encoding: string, order: string, zone: string) => {
    await using world = await dumpWorld({ encoding });
    await world.source.sql('create table t (t text, at timestamptz, bytes bytea, ratio float8)');
    await world.source.sql(`alter database ${world.source.name} set timezone to '${zone}'`);
    await world.source.sql(
      `insert into t select 'été ' || n, timestamptz '2026-03-29 01:30Z' + n * interval '1 hour', '\\xff00', n / 3.0::float8
         from generate_series(1, 100) n order by n ${order}`,
    );
    return (await dump(world)).proof?.tables ?? [];
  };
  const [proof] = await build('UTF8', 'asc', 'Asia/Tokyo');
  expect(proof).toMatchObject({ rows: 100, hash: expect.stringMatching(/^-?\d+$/) });
  expect(await build('LATIN1', 'desc', 'Europe/Paris')).toEqual([proof]);
});

test('a LATIN1 database is dumped in its encoding', async () => {
  await using world = await dumpWorld({ encoding: 'LATIN1' });
  await world.source.sql(`create table "Thème" (nom text)`);
  await world.source.sql(`insert into "Thème" values ('Économie')`);
  const result = await dump(world);
  expect(result.manifest.database.encoding).toBe('LATIN1');
  expect(result.proof?.tables).toMatchObject([{ name: 'public."Thème"', rows: 1, hash: contentHash(['(Économie)']) }]);
});

test('an empty database is a dump of no tables', async () => {
  await using world = await dumpWorld();
  const { manifest, proof } = await dump(world);
  expect(manifest).toMatchObject({ tables: 0, rows: 0 });
  expect(proof).toMatchObject({ tables: [], sequences: [], materializedViews: [], largeObjects: { count: 0 } });
});

test('the proof covers partitions and inheritance once, and leaves derived and foreign rows out', async () => {
  await using world = await dumpWorld();
  await world.source.sql(`
    create table parent (id int); create table child () inherits (parent);
    insert into parent values (1); insert into child values (2), (3);
    create table part (id int) partition by range (id);
    create table part_1 partition of part for values from (0) to (10);
    insert into part values (4);
    create materialized view mv as select * from parent;
    create unlogged table u (id int); insert into u values (5);
    create table empty_of_columns (); insert into empty_of_columns default values;
    create sequence free increment by 5; select nextval('free');
    create table owner (id int generated always as identity); insert into owner default values;
    create extension citext; create extension pg_trgm`);
  const { proof } = await dump(world);
  expect(proof?.tables.map(({ name, rows }) => [name, rows])).toEqual([
    ['public.child', 2],
    ['public.empty_of_columns', 1],
    ['public.owner', 1],
    ['public.parent', 1],
    ['public.part_1', 1],
    ['public.u', 1],
  ]);
  expect(proof?.materializedViews).toEqual([{ name: 'public.mv', definitionSha256: expect.any(String) }]);
  expect(proof?.sequences).toEqual([
    { name: 'public.free', increment: '5', lastValue: '1' },
    { name: 'public.owner_id_seq', increment: '1', lastValue: '1' },
  ]);
});

test('large objects are counted and hashed, also beyond one chunk', async () => {
  const build = async (last: string) => {
    await using world = await dumpWorld();
    await world.source.sql(
      `select lo_from_bytea(70001, repeat('x', 1048576)::bytea || '${last}'), lo_from_bytea(70002, '')`,
    );
    return (await dump(world)).proof?.largeObjects;
  };
  const found = await build('a');
  expect(found).toEqual({ count: 2, hash: expect.stringMatching(/^-?\d+$/) });
  expect(await build('a')).toEqual(found);
  expect(await build('b')).not.toEqual(found);
});

test('proof levels: counts only count, none does not look', async () => {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select 1 as id');
  expect((await dump(world, { proof: 'counts' })).proof?.tables).toEqual([{ name: 'public.t', rows: 1 }]);
  const none = await dump(world, { proof: 'none' });
  expect(none.proof?.tables).toEqual([{ name: 'public.t' }]);
  expect(none.manifest.rows).toBeNull();
});

describe('a selection of tables', () => {
  test('carries tables of any legal name, and none that such a name would match as a pattern', async () => {
    const names = ['CamelCase', 'mot clé', 'a.b', 'quote"inside', 'star*', 'q?', "apos'trophe", '$dollar', 'select'];
    names.push('日本語', 'back\\slash', '(a|b)', 'line\nbreak', '--table', 'x'.repeat(63));
    const decoys = ['camelcase', 'aXb', 'starry', 'qx', 'a', 'b', 'dollar', 'quoteinside'];
    const quoted = (name: string) => `"Sch ""é"."${name.replaceAll('"', '""')}"`;
    await using world = await dumpWorld();
    await world.source.sql('create schema "Sch ""é"');
    for (const name of [...names, ...decoys]) await world.source.sql(`create table ${quoted(name)} as select 7 as id`);
    const { manifest, proof, script } = await dump(world, { tables: names.map(quoted) });
    expect(proof?.tables).toHaveLength(names.length);
    expect(new Set(proof?.tables.map(({ hash }) => hash))).toEqual(new Set([contentHash(['(7)'])]));
    expect(manifest.selection?.toSorted()).toEqual(proof?.tables.map(({ name }) => name).toSorted());
    expect(script.match(/^COPY /gm)).toHaveLength(names.length);
  });

  test('names are folded and looked up along the search path as in SQL', async () => {
    await using world = await dumpWorld();
    await world.source.sql(
      `create schema archive; create table archive.t01 as select 1 as id; create table t02 as select 1 as id`,
    );
    await world.source.sql(`alter database ${world.source.name} set search_path to archive, public`);
    const { manifest } = await dump(world, { tables: ['T01', 'Public.T02', 't02'] });
    expect(manifest.selection).toEqual(['archive.t01', 'public.t02']);
  });

  test('brings the partitions of its tables, and the schema around them from the same database', async () => {
    await using world = await dumpWorld();
    await world.source.sql(`
      create type humeur as enum ('bien');
      create table part (id int, h humeur) partition by list (id);
      create table part_1 partition of part for values in (1);
      insert into part values (1, 'bien'); create table other as select 1 as id`);
    const result = await dump(world, { tables: ['part'] });
    expect(result.proof?.tables).toMatchObject([{ name: 'public.part_1', rows: 1 }]);
    expect(copiedRows(result.script, 'public.part_1')).toEqual(['1\tbien']);
    const schemaKey = `${result.prefix}${result.manifest.objects.schema?.key}`;
    const schema = await archiveScript(await world.audit.storage.outside.read(schemaKey));
    expect(schema).toContain('CREATE TYPE public.humeur');
    expect(schema).toContain('CREATE TABLE public.other');
    expect(schema).not.toMatch(/^COPY /m);
  });

  test('a name that matches nothing is refused with what comes close, and nothing is written', async () => {
    await using world = await dumpWorld();
    await world.source.sql('create table "Commandes" (id int)');
    await expect(runDump(world.deps, { user, tables: ['Commandes'] })).rejects.toMatchObject({
      name: 'NotFound',
      message: expect.stringContaining('Did you mean public."Commandes"?'),
    });
    await expect(runDump(world.deps, { user, tables: ['a.b.c'] })).rejects.toMatchObject({ name: 'InvalidInput' });
    await expect(runDump(world.deps, { user, tables: ['"open'] })).rejects.toMatchObject({ name: 'InvalidInput' });
    expect(await world.dumpKeys()).toEqual([]);
  });

  test('dumps of the same tables share a lineage, in whatever order they were named', async () => {
    await using world = await dumpWorld();
    await world.source.sql('create table a (id int); create table b (id int)');
    const lineage = async (tables: string[]) => (await dump(world, { tables })).prefix.split('/')[3];
    const both = await lineage(['a', 'b']);
    expect(await lineage(['public.b', 'a'])).toBe(both);
    expect(await lineage(['a'])).not.toBe(both);
  });
});

describe('audit tables in the source', () => {
  async function auditedSource(): Promise<DumpWorld> {
    const world = await dumpWorld();
    await migrateAudit(parseDatabaseUrl(world.source.url, 'source'));
    await world.source.sql('create table t as select 1 as id');
    return world;
  }

  test('are left out, with their sequence and the migration table', async () => {
    await using world = await auditedSource();
    const { proof, script } = await dump(world);
    expect(proof?.tables.map(({ name }) => name)).toEqual(['public.t']);
    expect(proof?.sequences).toEqual([]);
    expect(script).not.toMatch(/t38_|t39_|datasens_migration/);
  });

  test('an adopted T38 of SERIAL leaves no sequence behind', async () => {
    await using world = await dumpWorld();
    await world.source.sql(`create table t38_dump_audit (
      dump_id serial primary key, type varchar(50) not null, chemin text not null, taille_mb float,
      date_creation timestamp default now(), utilisateur varchar(100), commentaire text, checksum_sha256 varchar(64),
      statut varchar(20) default 'ACTIF' check (statut in ('ACTIF', 'ARCHIVE', 'SUPPRIME')), date_expiration timestamp,
      minio_uri text, table_cible varchar(100), constraint unique_dump_chemin unique (chemin))`);
    await migrateAudit(parseDatabaseUrl(world.source.url, 'source'));
    const { script } = await dump(world);
    expect(script).not.toMatch(/t38_dump_audit/);
  });

  test('user objects that depend on them are refused by name', async () => {
    await using world = await auditedSource();
    await world.source.sql(`
      create view v_audit as select dump_id from t38_dump_audit;
      create table suivi (dump_id int references t38_dump_audit);
      create table copie (ligne t38_dump_audit)`);
    await expect(runDump(world.deps, { user })).rejects.toMatchObject({
      name: 'Conflict',
      details: { dependents: ['column ligne of table copie', expect.stringContaining('suivi'), 'view v_audit'] },
    });
    expect(await world.dumpKeys()).toEqual([]);
  });

  test('tables of the same names that are nobody’s audit are dumped', async () => {
    await using world = await dumpWorld();
    await world.source.sql('create table t40_import_registre as select 1 as id');
    expect((await dump(world)).proof?.tables).toMatchObject([{ name: 'public.t40_import_registre', rows: 1 }]);
  });
});

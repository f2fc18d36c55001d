import { rename, rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { until } from '@datasens/testkit/eventually.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { listDumps } from '../audit/list-dumps.ts';
import { tryLockTransaction } from '../audit/locks.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import { runImport } from './run-import.ts';
import { openFileSource } from './source/file-source.ts';
import type { Source } from './source/source.ts';

const rowsOf = (world: ImportWorld, table = 't') => world.target.sql(`select * from ${table}`);
const ledgerOf = (world: ImportWorld) =>
  world.target.sql(`select import_id::int as "importId", dump_id::int as "dumpId", rang as rank, statut as status,
    lignes_lues::int as read, lignes_inserees::int as inserted, lignes_rejetees::int as rejected, audite as audited
    from t40_import_registre order by import_id`);
const eventsOf = async (world: ImportWorld) =>
  (
    await world.audit.server.sql<{ event: string }>(
      `select evenement as event from t39_dump_evenement where seq > 1 order by seq`,
    )
  ).map(({ event }) => event);

describe('a file becomes a table', () => {
  test('with its names, inferred types, NULLs and every character; ledger, T38 and journal say so', async () => {
    await using world = await importWorld();
    const result = await world.load('id,Prénom,"n""om; drop table t",vu le\n1,Zoë,"a\n""b""",2026-01-02\n,"",\\.,\n', {
      told: { headerRows: 1 },
    });
    expect(result).toMatchObject({
      importId: 1,
      table: `${world.target.name}.public.t`,
      path: 'fast',
      created: true,
      rowsRead: 2,
      rowsInserted: 2,
      rowsUpdated: 0,
      rowsRejected: 0,
      columns: [{ type: 'bigint' }, { name: 'Prénom' }, { name: 'n"om; drop table t' }, { type: 'date' }],
    });
    expect(
      await world.target.sql('select id::int, "Prénom", "n""om; drop table t" as nom, "vu le"::text from t'),
    ).toEqual([
      { id: 1, Prénom: 'Zoë', nom: 'a\n"b"', 'vu le': '2026-01-02' },
      { id: null, Prénom: '', nom: '\\.', 'vu le': null },
    ]);
    expect(await ledgerOf(world)).toMatchObject([
      { importId: 1, dumpId: result.dumpId, read: 2, inserted: 2, rejected: 0, audited: true },
    ]);
    const { dumps } = await listDumps(world.audit.db, {}, { limit: 10 });
    expect(dumps).toMatchObject([
      { dumpId: result.dumpId, type: 'IMPORT', sha256: result.sha256, table: 'public.t', user: 'claire' },
    ]);
    expect(dumps[0]?.key).toMatch(new RegExp(`^file:///.*file\\.csv#sha256=${result.sha256}/\\d+/1$`));
    expect(await eventsOf(world)).toEqual(['IMPORTE']);
    expect(await verifyJournal(world.deps)).toMatchObject({ ok: true, events: 2 });
  });

  test.for([
    ['compressed', gzipSync('a,b\n1,é\n'), 'fast'],
    ['with a byte order mark', Buffer.from('\ufeffa,b\n1,é\n'), 'fast'],
    ['in Windows-1252', Buffer.from('a;b\r\n1;\xe9\r\n2;\x80\r\n', 'latin1'), 'fast'],
    ['in UTF-16', Buffer.from('\ufeffa,b\n1,é\n', 'utf16le'), 'tolerant'],
    ['below a title', Buffer.from('Le titre\n\na;b\n1;é\n2;ç\n3;ß\n'), 'tolerant'],
    ['with mixed line ends', Buffer.from('a,b\r\n1,é\n2,ç\r\n'), 'tolerant'],
  ] as const)('%s', async ([, content, path]) => {
    await using world = await importWorld();
    expect(await world.load(content)).toMatchObject({ path, created: true, rowsRejected: 0 });
    expect((await world.target.sql('select a::int, b from t order by a'))[0]).toEqual({ a: 1, b: 'é' });
  });

  test('of headers alone is a table without rows; of nothing, of doubt and of Parquet it is refused', async () => {
    await using world = await importWorld();
    expect(await world.load('a,b\n', { told: { headerRows: 1, delimiter: ',' } })).toMatchObject({
      rowsRead: 0,
      created: true,
    });
    await expect(world.load('', { table: 'u' })).rejects.toMatchObject({ name: 'InvalidInput' });
    await expect(world.load('PAR1 and more', { table: 'u' })).rejects.toThrow('Parquet');
    await expect(world.load('red,green\nblue,white\n', { table: 'u' })).rejects.toThrow(/--header/);
    expect(await world.target.sql(`select to_regclass('u') as u`)).toEqual([{ u: null }]);
  });

  test('with a type that a later row takes more than is loaded again, wider', async () => {
    await using world = await importWorld();
    const many = Array.from({ length: 6_000 }, (_, n) => `${n},${n},2026-01-01,${'x'.repeat(200)}\n`).join('');
    const content = `a,b,c,d\n${many}1.5,00123,2026-01-01 10:00,y\n`;
    const result = await world.load(content);
    expect(result).toMatchObject({
      path: 'fast',
      rowsRead: 6_001,
      columns: [
        { type: 'numeric', widenedFrom: 'bigint' },
        { type: 'text', widenedFrom: 'bigint' },
        { type: 'timestamp', widenedFrom: 'date' },
        { type: 'text' },
      ],
    });
    expect(await world.target.sql(`select a::text, b, c::text from t where d = 'y'`)).toEqual([
      { a: '1.5', b: '00123', c: '2026-01-01 10:00:00' },
    ]);
  });

  test('with such a row while the server has those before it, is loaded again, too', async () => {
    await using world = await importWorld();
    // One batch of the tolerant path, and a few rows.
    const many = Array.from({ length: 32_800 }, (_, n) => `${n},${'x'.repeat(90)}\n`).join('');
    const result = await world.load(`a,b\n${many}1.5,y\n`, { nullWords: ['<none>'] });
    expect(result).toMatchObject({
      path: 'tolerant',
      rowsInserted: 32_801,
      columns: [{ type: 'numeric', widenedFrom: 'bigint' }, { type: 'text' }],
    });
    expect(await world.target.sql('select count(*)::int as rows, max(a)::text as last from t')).toEqual([
      { rows: 32_801, last: '32799' },
    ]);
  });
});

describe('the same content', () => {
  test('goes into a table once, and the first import is named; --force insists', async () => {
    await using world = await importWorld();
    const first = await world.load('a\n1\n');
    expect(await world.load('a\n1\n')).toMatchObject({
      rowsInserted: 0,
      duplicateOf: { importId: first.importId, dumpId: first.dumpId, rowsInserted: 1, user: 'claire' },
    });
    expect(await world.load('a\n2\n'), 'another content under the same name').not.toHaveProperty('duplicateOf');
    expect(await world.load('a\n1\n', { table: 'u' })).not.toHaveProperty('duplicateOf');
    expect(await rowsOf(world)).toHaveLength(2);
    expect(await world.load('a\n1\n', { force: true })).toMatchObject({ rowsInserted: 1 });
    expect(await rowsOf(world)).toHaveLength(3);
    expect(await ledgerOf(world)).toMatchObject([{ rank: 1 }, { rank: 1 }, { rank: 1 }, { rank: 2 }]);
  });

  test('replaces once, and again after another has; what a replacement removed can be appended again', async () => {
    await using world = await importWorld();
    const replace = { ifExists: 'replace' } as const;
    for (const [content, isNew] of [
      ['a\n1\n', true],
      ['a\n1\n', false],
      ['a\n2\n', true],
      ['a\n1\n', true],
    ] as const) {
      const result = await world.load(content, replace);
      expect(result.duplicateOf === undefined).toBe(isNew);
      expect(await world.target.sql('select a::int from t')).toEqual([{ a: Number(content.slice(2)) }]);
    }
    expect(await world.load('a\n2\n')).toMatchObject({ rowsInserted: 1 });
    expect(await world.load('a\n2\n')).toHaveProperty('duplicateOf');
  });

  test('goes into a table again that was dropped meanwhile', async () => {
    await using world = await importWorld();
    await world.load('a\n1\n');
    await world.target.sql('drop table t');
    expect(await world.load('a\n1\n')).toMatchObject({ rowsInserted: 1, created: true });
    expect(await ledgerOf(world)).toMatchObject([{ status: 'ANNULE' }, { status: 'ACTIF', rank: 2 }]);
  });

  test('from several processes at once goes in once', async () => {
    await using world = await importWorld();
    const path = await world.file(`a,b\n${Array.from({ length: 5_000 }, (_, n) => `${n},x\n`).join('')}`);
    const results = await Promise.all(Array.from({ length: 4 }, () => world.loadFile(path)));
    expect(results.filter(({ duplicateOf }) => duplicateOf === undefined)).toHaveLength(1);
    expect(await world.target.sql('select count(*)::int as n from t')).toEqual([{ n: 5_000 }]);
    expect(await verifyJournal(world.deps)).toMatchObject({ ok: true });
  });
});

describe('an audit in another database', () => {
  test('follows from the ledger, and catches up with one that was killed', async () => {
    await using world = await importWorld({ auditElsewhere: true });
    const first = await world.load('a\n1\n');
    expect(await ledgerOf(world)).toMatchObject([{ audited: true }]);
    // As a process leaves it that is killed right after its commit.
    await world.target.sql(`insert into t40_import_registre select 99, ${first.dumpId + 90}, journal, false, base_cible,
      schema_cible, table_cible, checksum_sha256, 2, source_uri, taille_octets, mode, parcours, table_creee, lignes_lues,
      lignes_inserees, lignes_modifiees, lignes_rejetees, rejets_uri, date_import, utilisateur, commentaire, statut
      from t40_import_registre`);
    await world.load('a\n2\n');
    expect(await eventsOf(world)).toEqual(['IMPORTE', 'IMPORTE', 'IMPORTE']);
    expect(await world.target.sql('select count(*)::int as n from t40_import_registre where not audite')).toEqual([
      { n: 0 },
    ]);
    const { dumps } = await listDumps(world.audit.db, { type: 'IMPORT' }, { limit: 10 });
    expect(dumps.map(({ dumpId }) => dumpId)).toContain(first.dumpId + 90);
    expect(await verifyJournal(world.deps)).toMatchObject({ ok: true, events: 4 });
    expect(await world.target.sql(`select to_regclass('t38_dump_audit') as audit`)).toEqual([{ audit: null }]);
  });
});

describe('a table that is there', () => {
  test('takes columns by name, in any order and case, and keeps what it does itself', async () => {
    await using world = await importWorld();
    await world.target.sql(`create table t (id int generated always as identity, "Nom" text default 'personne',
      prix numeric(6,2) check (prix >= 0), ttc numeric generated always as (prix * 1.2) stored, vu timestamp default '2026-01-01')`);
    expect(await world.load('PRIX,nom\n10,é\n20,\n')).toMatchObject({ path: 'fast', created: false, rowsInserted: 2 });
    expect(await world.target.sql('select id, "Nom", prix::text, ttc::text, vu::text from t order by id')).toEqual([
      { id: 1, Nom: 'é', prix: '10.00', ttc: '12.000', vu: '2026-01-01 00:00:00' },
      { id: 2, Nom: null, prix: '20.00', ttc: '24.000', vu: '2026-01-01 00:00:00' },
    ]);
    await expect(world.load('prix,couleur\n1,rouge\n')).rejects.toThrow(/no column "couleur".*--evolve add/);
    await expect(world.load('prix,ttc\n1,2\n')).rejects.toThrow(/computes "ttc" itself/);
    await expect(world.load('prix,PRIX\n1,2\n')).rejects.toThrow(/two columns of the file/);
    expect(await world.load('prix,couleur\n1,rouge\n', { evolve: true })).toMatchObject({
      columns: [{ added: false }, { name: 'couleur', type: 'text', added: true }],
    });
    await expect(world.load('prix\n9\n', { ifExists: 'fail' })).rejects.toMatchObject({ name: 'Conflict' });
  });

  test('takes columns by position where the file names none', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int, b text)');
    expect(await world.load('1,x\n2,y\n', { told: { headerRows: 0 } })).toMatchObject({ rowsInserted: 2 });
    await expect(world.load('1,x,3\n2,y,4\n', { told: { headerRows: 0 } })).rejects.toThrow('names no columns');
  });

  test('is partitioned: rows go where they belong; one that belongs nowhere is rejected', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int, b text) partition by list (a)');
    await world.target.sql('create table t1 partition of t for values in (1)');
    expect(await world.load('a,b\n1,x\n2,y\n1,z\n', { maxRejects: 1 })).toMatchObject({
      path: 'tolerant',
      rowsRejected: 1,
      rejects: [{ line: 3, reason: expect.stringContaining('no partition') }],
    });
    expect(await rowsOf(world, 't1')).toHaveLength(2);
    expect(await world.load('a,b\n1,neu\n', { ifExists: 'replace' })).toMatchObject({ path: 'fast', rowsInserted: 1 });
    expect(await rowsOf(world)).toEqual([{ a: 1, b: 'neu' }]);
  });

  test('is replaced, and keeps grants, indexes and foreign keys; never where that would cascade', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int primary key, b text)');
    await world.target.sql('create index t_b on t (b)');
    await world.target.sql('grant select on t to public');
    await world.target.sql(`insert into t values (1, 'alt'), (2, 'alt')`);
    await world.target.sql('create table child (a int references t (a))');
    await world.target.sql('insert into child values (1)');
    await expect(world.load('a,b\n3,neu\n', { ifExists: 'replace' })).rejects.toThrow(/child/);
    expect(await world.load('a,b\n1,neu\n', { ifExists: 'replace' }).catch((error: Error) => error.message)).toMatch(
      /child/,
    );
    await world.target.sql('truncate child');
    expect(await world.load('a,b\n1,neu\n', { ifExists: 'replace' })).toMatchObject({ rowsInserted: 1 });
    expect(await rowsOf(world)).toEqual([{ a: 1, b: 'neu' }]);
    expect(
      await world.target.sql(`select has_table_privilege('public', 't', 'select') as granted, to_regclass('t_b')::text as index,
      (select count(*)::int from pg_constraint where confrelid = 't'::regclass) as keys`),
    ).toEqual([{ granted: true, index: 't_b', keys: 1 }]);
    await world.target.sql('create table victim (a int references t (a) on delete cascade)');
    await expect(world.load('a,b\n5,x\n', { ifExists: 'replace' })).rejects.toMatchObject({
      name: 'Conflict',
      message: expect.stringContaining('victim'),
    });
    expect(await rowsOf(world)).toEqual([{ a: 1, b: 'neu' }]);
  });

  test('is none: a view, a foreign schema, a table of the audit', async () => {
    await using world = await importWorld();
    await world.target.sql('create view t as select 1 as a');
    await expect(world.load('a\n1\n')).rejects.toThrow('is a view');
    await expect(world.load('a\n1\n', { table: 'nulle_part.t' })).rejects.toMatchObject({ name: 'NotFound' });
    for (const table of ['t38_dump_audit', 'T40_import_registre', 'pg_catalog.pg_class']) {
      await expect(world.load('a\n1\n', { table })).rejects.toThrow('nothing is imported into it');
    }
  });

  test('is locked by somebody else, who is named', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int)');
    const holder = new Client({ connectionString: world.target.url, application_name: 'somebody else' });
    await holder.connect();
    try {
      await holder.query('begin; lock table t in access exclusive mode');
      await expect(world.load('a\n1\n', { lockTimeoutMs: 300 })).rejects.toMatchObject({
        name: 'Transient',
        message: expect.stringMatching(/somebody else.*import again/),
      });
    } finally {
      await holder.end();
    }
    expect(await world.load('a\n1\n')).toMatchObject({ rowsInserted: 1 });
  });

  test('is being restored: the import gives way', async () => {
    await using world = await importWorld();
    await world.load('a\n1\n');
    await world.deps.db.transaction(async (tx) => {
      expect(await tryLockTransaction(tx, 'target')).toBe(true);
      await expect(world.load('a\n2\n')).rejects.toMatchObject({
        name: 'Transient',
        message: expect.stringContaining('a restore into this database is under way'),
      });
    });
    expect(await world.load('a\n2\n')).toMatchObject({ rowsInserted: 1 });
  });

  test('is locked by somebody else, and waited for', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int)');
    const holder = new Client({ connectionString: world.target.url });
    await holder.connect();
    try {
      await holder.query('begin; lock table t in access exclusive mode');
      const loading = world.load('a\n1\n');
      const isWaiting = async () =>
        (
          await world.target.sql(
            `select from pg_stat_activity where datname = current_database() and application_name = 'datasens import' and wait_event_type = 'Lock'`,
          )
        ).length > 0;
      await Promise.race([loading, until(isWaiting)]);
      await holder.query('commit');
      expect(await loading).toMatchObject({ rowsInserted: 1 });
    } finally {
      await holder.end();
    }
  });
});

describe('rows that cannot be loaded', () => {
  const content = 'a,b\n1,x\nzwei,y\n3\n4,"open\n5,z\n999999999999,w\n7,"p\nq"\n';
  const told = { headerRows: 1, delimiter: ',', quote: '"', escape: '"' };

  test('fail the import with the first of them, and nothing is loaded', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int, b text)');
    await expect(world.load(content, { told })).rejects.toMatchObject({
      name: 'TooManyRejects',
      details: { count: 4, rejects: [{ line: 3 }, { line: 4 }, { line: 5 }, { line: 7 }] },
    });
    expect(await rowsOf(world)).toEqual([]);
    expect(await ledgerOf(world)).toEqual([]);
    expect(await eventsOf(world)).toEqual(['REJETE']);
    expect(JSON.stringify(await world.audit.server.sql('select detail from t39_dump_evenement'))).not.toContain('zwei');
  });

  test('are stored with line, text and reason where they may be left out', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int, b text)');
    const result = await world.load(content, { maxRejects: 4, told });
    expect(result).toMatchObject({ path: 'tolerant', rowsRead: 7, rowsInserted: 3, rowsRejected: 4 });
    expect(await rowsOf(world)).toEqual([
      { a: 1, b: 'x' },
      { a: 5, b: 'z' },
      { a: 7, b: 'p\nq' },
    ]);
    const key = String(result.rejectsUri).slice(world.deps.store.uri.length).replace(/^\//, '');
    const stored = Buffer.concat(await Array.fromAsync(world.deps.store.read(key))).toString();
    const lines = stored
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.sort((x, y) => x.line - y.line)).toMatchObject([
      { line: 3, raw: 'zwei,y', reason: expect.stringContaining('a: invalid input syntax') },
      { line: 4, raw: '3', reason: 'expected 2 fields, got 1' },
      { line: 5, raw: '4,"open' },
      { line: 7, reason: expect.stringContaining('out of range') },
    ]);
  });

  test('are found whatever the server has against them: constraints, keys, foreign keys, triggers', async () => {
    await using world = await importWorld();
    await world.target.sql('create table parent (a int primary key)');
    await world.target.sql('insert into parent select generate_series(1, 2000)');
    await world.target.sql(`create table t (a int primary key references parent deferrable initially deferred,
      b varchar(3) check (b <> 'bad'))`);
    await world.target.sql(`create function stop() returns trigger language plpgsql as
      $$ begin if new.a = 5 then raise 'not five'; elsif new.a = 6 then return null; end if; return new; end $$`);
    await world.target.sql('create trigger stop before insert on t for each row execute function stop()');
    const many = Array.from({ length: 900 }, (_, n) => `${n + 100},x\n`).join('');
    const result = await world.load(`a,b\n1,x\n1,y\n2,bad\n3,long\n4,x\n5,x\n6,x\n5000,x\n${many}`, { maxRejects: 10 });
    expect(result).toMatchObject({ rowsRead: 908, rowsInserted: 902, rowsRejected: 6 });
    expect(result.rejects.map(({ line, reason }) => `${line} ${reason}`).sort()).toEqual([
      expect.stringMatching(/^3 duplicate key/),
      expect.stringMatching(/^4 new row .* violates check/),
      expect.stringMatching(/^5 b: value too long/),
      expect.stringMatching(/^7 not five/),
      expect.stringMatching(/^8 .*trigger of the table suppressed it/),
      expect.stringMatching(/^9 insert or update .* violates foreign key/),
    ]);
  });

  test('are told where a trigger suppresses them, and COPY makes fewer rows than the file has', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a int)');
    await world.target.sql(`create function skip() returns trigger language plpgsql as
      $$ begin if new.a = 2 then return null; end if; return new; end $$`);
    await world.target.sql('create trigger skip before insert on t for each row execute function skip()');
    await expect(world.load('a\n1\n2\n3\n')).rejects.toMatchObject({
      name: 'TooManyRejects',
      details: { rejects: [{ line: 3, reason: expect.stringContaining('a trigger of the table suppressed it') }] },
    });
    expect(await rowsOf(world)).toEqual([]);
  });

  test('of a new table are those that no type could take', async () => {
    await using world = await importWorld();
    const result = await world.load('a,b\n1,x\n2,y\n3,\0\n4,z\n', { maxRejects: 1 });
    expect(result).toMatchObject({ rowsInserted: 3, rejects: [{ line: 4, reason: expect.stringContaining('NUL') }] });
  });
});

test.for(['altered', 'replaced', 'removed'])('a file that is %s while it is loaded is refused', async (how) => {
  await using world = await importWorld();
  const path = await world.file('a\n1\n');
  await using source = await openFileSource(path);
  const meddled: Source = {
    ...source,
    async expectUnchanged() {
      if (how === 'altered') await world.file('a\n1\n2\n');
      if (how === 'removed') await rm(path);
      if (how === 'replaced') await rename(await world.file('a\n1\n', 'other.csv'), path);
      await source.expectUnchanged();
    },
  };
  const request = { source: meddled, into: 'default', table: 't', ifExists: 'append', user: 'claire' } as const;
  await expect(runImport(world.deps, request)).rejects.toMatchObject({
    name: 'Conflict',
    message: expect.stringContaining('no longer the file that was read'),
  });
  expect(await world.target.sql(`select to_regclass('t') as t`)).toEqual([{ t: null }]);
  expect(await eventsOf(world)).toEqual(['ECHEC']);
});

describe('an upsert', () => {
  test('inserts what is new by its key, updates what is known, and rejects a key that comes again', async () => {
    await using world = await importWorld();
    await world.target.sql(`create table t (shop text, day date, sold int check (sold >= 0), note text default 'none',
      primary key (shop, day))`);
    await world.target.sql(`insert into t values ('a', '2026-01-01', 1, 'kept'), ('a', '2026-01-02', 2, 'kept')`);
    const upsert = { ifExists: 'upsert', key: ['Shop', 'day'] } as const;
    const content =
      'Day,Shop,sold\n2026-01-01,a,10\n2026-01-03,a,30\n2026-01-01,a,99\n2026-01-04,,1\n2026-01-05,b,-1\nnever,b,1\n';
    expect(await world.load(content, { ...upsert, maxRejects: 4 })).toMatchObject({
      path: 'tolerant',
      rowsRead: 6,
      rowsInserted: 1,
      rowsUpdated: 1,
      rowsRejected: 4,
      rejects: [
        { line: 4, raw: '2026-01-01,a,99', reason: 'line 2 has the same key' },
        { line: 5, reason: 'its key is missing' },
        { line: 6, reason: expect.stringContaining('violates check') },
        { line: 7, reason: expect.stringContaining('invalid input syntax') },
      ],
    });
    expect(await world.target.sql('select shop, day::text, sold, note from t order by day')).toEqual([
      { shop: 'a', day: '2026-01-01', sold: 10, note: 'kept' },
      { shop: 'a', day: '2026-01-02', sold: 2, note: 'kept' },
      { shop: 'a', day: '2026-01-03', sold: 30, note: 'none' },
    ]);
    await expect(world.load(content, { ...upsert, force: true })).rejects.toMatchObject({ name: 'TooManyRejects' });
  });

  test('takes the values of an identity column as a COPY does', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (id int primary key generated always as identity, n text)');
    await world.target.sql(`insert into t (n) values ('a')`);
    expect(await world.load('id,n\n1,A\n7,g\n', { ifExists: 'upsert', key: ['id'] })).toMatchObject({
      rowsInserted: 1,
      rowsUpdated: 1,
    });
    expect(await world.load('id,n\n9,i\n')).toMatchObject({ path: 'fast', rowsInserted: 1 });
    expect(await world.target.sql('select * from t order by id')).toEqual([
      { id: 1, n: 'A' },
      { id: 7, n: 'g' },
      { id: 9, n: 'i' },
    ]);
  });

  test('makes a table with its key, and refuses one without', async () => {
    await using world = await importWorld();
    const upsert = { ifExists: 'upsert', key: ['id'] } as const;
    expect(await world.load('id,n\n1,a\n2,b\n', upsert)).toMatchObject({ created: true, rowsInserted: 2 });
    expect(await world.load('id,n\n2,B\n3,c\n', upsert)).toMatchObject({ rowsInserted: 1, rowsUpdated: 1 });
    await world.target.sql('create table u (id int, n text)');
    await expect(world.load('id,n\n1,a\n', { ...upsert, table: 'u' })).rejects.toThrow('create unique index');
    await expect(world.load('id,n\n1,a\n', { ifExists: 'upsert' })).rejects.toThrow('--key');
    await expect(world.load('id,n\n1,a\n', { ...upsert, key: ['nom'] })).rejects.toThrow('no column "nom"');
  });
});

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type TestDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { type TestRole, testRole } from '@datasens/testkit/role.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { countLocks, formatToc, readToc, type TocEntry } from './archive-toc.ts';
import { type ClientTools, listClientTools, type ToolName, toolPath } from './client-tools.ts';
import { quoteIdentifier, quoteQualified } from './quote.ts';
import { startTool } from './run-tool.ts';
import { foreignKeysOut, selectTables, withoutEntries } from './select-entries.ts';
import { listSourceTables, type RelationName } from './source-tables.ts';

const signal = new AbortController().signal;
const env = { PATH: process.env.PATH, LC_MESSAGES: 'C' };

async function clientTools(): Promise<ClientTools> {
  const [tools] = await listClientTools();
  if (!tools) throw new Error('no client tools of PostgreSQL on this machine');
  return tools;
}

async function output(name: ToolName, args: string[]): Promise<string> {
  const options = { env, maxBuffer: 256 * 1_048_576 };
  return (await promisify(execFile)(toolPath(await clientTools(), name), args, options)).stdout;
}

/** Runs a tool on what `input` gives. */
async function pipe(name: ToolName, args: string[], input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const tool = startTool(await clientTools(), name, { args, env, signal });
  try {
    for await (const chunk of input) await new Promise((taken) => tool.stdin.write(chunk, taken));
    tool.stdin.end();
    const text = (await buffer(tool.stdout)).toString();
    await tool.exited;
    return text;
  } finally {
    await tool.kill();
  }
}

const dump = (url: string, file: string, ...args: string[]) =>
  output('pg_dump', ['--format=custom', `--file=${file}`, ...args, url]);
const toc = async (file: string) => readToc(await clientTools(), createReadStream(file), signal);
const pattern = ({ schema, name }: RelationName) => `--table=${quoteQualified(schema, name)}`;

/** A dump of `tables` in SQL, without the key that is another each time. */
async function script(url: string, tables: readonly RelationName[]): Promise<string> {
  const text = await output('pg_dump', [...tables.map(pattern), url]);
  return text.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

const WEIRD = 'We "ird" élan\nschema';
const TABLE = 'a "b"\n  sélect; -- \u2028x';

/** Everything a table can have, under names that quoting, line breaks and prefixes make hard. */
const NASTY = (role: string) => `
  create schema ${quoteIdentifier(WEIRD)};
  create schema "DATA";
  create schema s;
  create function touched() returns trigger language plpgsql as 'begin return new; end';
  create type mood as enum ('sad', 'ok');
  create domain positive as int check (value > 0);

  create table "order" (id int generated always as identity primary key, "lines" text);
  create table "order lines" (id serial primary key, "order" int references "order", m mood default 'ok',
    parent int references "order lines", n positive, unique ("order", n), exclude using btree (n with =));
  alter table "order" add column last int references "order lines";
  alter table "order lines" add constraint "not yet" check (n < 1000) not valid;
  create view "order view" as select id, "lines" from "order" group by id;
  create materialized view "order sum" as select count(*) as n from "order";
  create unique index on "order sum" (n);
  alter table "order" enable row level security;
  alter table "order lines" enable row level security;
  alter table "order lines" force row level security;
  create policy "lines" on "order" using (exists (select from "order lines"));
  create policy mine on "order lines" using (exists (select from "order"));
  create rule "lines up" as on update to "order" do also nothing;
  create rule up as on update to "order lines" do also select 1 from "order";
  create index "lines" on "order" ("lines");
  create index on "order lines" ((n + 1)) where n > 3;
  create statistics "lines s" on id, "lines" from "order";
  alter table "order" replica identity using index order_pkey;
  alter table "order lines" cluster on "order lines_order_n_key";
  create publication ${quoteIdentifier(`pub ${role}`)} for table "order", "order lines";

  create table ${quoteQualified(WEIRD, TABLE)} (id serial primary key, "x y" int default 7,
    m public.mood, "select" int references "order");
  comment on table ${quoteQualified(WEIRD, TABLE)} is E'it''s\\n -- 1; 0 0 TABLE public t';
  comment on column ${quoteQualified(WEIRD, TABLE)}."x y" is 'column';
  comment on constraint ${quoteIdentifier(`${TABLE}_pkey`)} on ${quoteQualified(WEIRD, TABLE)} is 'key';
  comment on sequence ${quoteQualified(WEIRD, `${TABLE}_id_seq`)} is 'sequence';
  create index "i\ni" on ${quoteQualified(WEIRD, TABLE)} ("x y");
  comment on index ${quoteQualified(WEIRD, 'i\ni')} is 'index';
  create trigger "t r" before insert on ${quoteQualified(WEIRD, TABLE)} for each row execute function touched();
  comment on trigger "t r" on ${quoteQualified(WEIRD, TABLE)} is 'trigger';
  alter table ${quoteQualified(WEIRD, TABLE)} disable trigger "t r";
  create rule "r u" as on delete to ${quoteQualified(WEIRD, TABLE)} do instead delete from "order";
  comment on rule "r u" on ${quoteQualified(WEIRD, TABLE)} is 'rule';
  create policy "p o" on ${quoteQualified(WEIRD, TABLE)} to ${role} using (true);
  comment on policy "p o" on ${quoteQualified(WEIRD, TABLE)} is 'policy';
  create statistics ${quoteQualified('s', 'st at')} on "x y", m from ${quoteQualified(WEIRD, TABLE)};
  comment on statistics ${quoteQualified('s', 'st at')} is 'statistics';
  grant select on ${quoteQualified(WEIRD, TABLE)} to ${role};
  grant update ("x y") on ${quoteQualified(WEIRD, TABLE)} to ${role};
  grant usage on sequence ${quoteQualified(WEIRD, `${TABLE}_id_seq`)} to ${role};
  alter table ${quoteQualified(WEIRD, TABLE)} owner to ${role};

  create table t (id int primary key); create table s.t (id int primary key references public.t);
  create table "DATA".t (id serial primary key); create table "DATA"."t t" (id int references "DATA".t);
  create table "select" (id int, "from" text); create table "été" ("où" int primary key);
  create sequence own owned by "select".id; create sequence s.free;
  create table u (x t, y int default nextval('s.free')); create index on u (((x).id));
  create table heir (more int default nextval('own')) inherits ("select"); alter table heir alter id set default 3;

  create table p (id int, k serial, e int references "été", primary key (id, k)) partition by list (id);
  create table p1 partition of p for values in (1);
  create table p2 partition of p for values in (2) partition by list (k);
  create table s.p21 partition of p2 default;
  create index on p (e);
  create trigger touched before insert on p for each row execute function touched();
  create table to_p (id int, k int, foreign key (id, k) references p);

  insert into "order" ("lines") values ('a'), (E'\\\\.\\n');
  insert into "order lines" ("order", n) values (1, 1), (2, 2);
  insert into ${quoteQualified(WEIRD, TABLE)} (m, "select") values ('sad', 1);
  insert into "été" values (1); insert into p (id, e) values (1, 1), (2, 1), (2, null);
  insert into t values (1); insert into s.t values (1); insert into "DATA".t default values;
  insert into "select" values (1, 'x'); insert into heir values (1, 'y');
  select lo_from_bytea(0, 'large') from generate_series(1, 20);`;

interface NastyWorld extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly role: TestRole;
  readonly file: string;
  readonly toc: TocEntry[];
}

async function nastyWorld(): Promise<NastyWorld> {
  const stack = new AsyncDisposableStack();
  const source = stack.use(await testDatabase());
  const role = stack.use(await testRole(source));
  const folder = stack.use(await temporaryFolder());
  await source.sql(NASTY(role.name));
  const file = join(folder.path, 'nasty.dump');
  await dump(source.url, file);
  return { source, role, file, toc: await toc(file), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Entries as text, but those of the archive itself. */
const texts = (entries: readonly TocEntry[]) =>
  entries
    .filter(({ kind }) => !['ENCODING', 'STDSTRINGS', 'SEARCHPATH', 'DATABASE'].includes(kind))
    .map(({ kind, name }) => `${kind} ${name}`)
    .sort();

test('of every table, alone and all together, what pg_dump --table takes is selected', async () => {
  await using world = await nastyWorld();
  const tables = await listSourceTables({ query: async (sql) => ({ rows: await world.source.sql(sql), rowCount: 0 }) });
  expect(tables).toHaveLength(16);
  for (const selection of [...tables.map((table) => [table]), tables]) {
    const file = `${world.file}.part`;
    await dump(world.source.url, file, ...selection.map(pattern));
    // Without its parent, there is nothing to attach a partition to.
    const expected = texts(await toc(file)).filter(
      (text) => selection.length > 1 || !/^(TABLE|INDEX) ATTACH /.test(text),
    );
    // pg_dump --table forgets extended statistics, which belong to a schema.
    const found = texts(selectTables(world.toc, selection)).filter((text) => !/STATISTICS /.test(text));
    expect(found).toEqual(expected);
  }
});

test.for<[string, ...[schema: string, name: string][]]>([
  ['a table of the worst names', [WEIRD, TABLE]],
  ['a table whose name is the beginning of another', ['public', 'order']],
  ['a table whose name has another before', ['public', 'order lines']],
  ['two tables that point at each other', ['public', 'order'], ['public', 'order lines']],
  ['a table in one of two schemas', ['public', 't']],
  ['and in the other', ['s', 't']],
  ['a schema that is called like a kind of entry', ['DATA', 't'], ['DATA', 't t']],
  ['a keyword, with a sequence that an heir uses', ['public', 'select'], ['public', 'heir']],
  ['partitions of partitions', ['public', 'p'], ['public', 'p1'], ['public', 'p2'], ['s', 'p21']],
])('%s comes back from a pipe as it was', async ([_title, ...names]) => {
  await using world = await nastyWorld();
  const tables = names.map(([schema, name]) => ({ schema, name }));
  await world.source.end();
  await using target = await testDatabase({ template: world.source.name });
  for (const { schema, name } of tables)
    await target.sql(`drop table if exists ${quoteQualified(schema, name)} cascade`);

  const list = `${world.file}.list`;
  await writeFile(list, formatToc(selectTables(world.toc, tables)));
  const args = [`--use-list=${list}`, `--dbname=${target.url}`, '--single-transaction', '--exit-on-error'];
  await pipe('pg_restore', args, createReadStream(world.file));
  expect(await script(target.url, tables)).toBe(await script(world.source.url, tables));
  expect(await statistics(target, tables)).toEqual(await statistics(world.source, tables));
});

/** What `pg_dump --table` leaves out. */
const statistics = (db: TestDatabase, tables: readonly RelationName[]) =>
  db.sql(
    `select pg_get_statisticsobjdef(oid) as definition, obj_description(oid, 'pg_statistic_ext') as comment
       from pg_statistic_ext where stxrelid = any($1::regclass[]) order by 1`,
    [tables.map(({ schema, name }) => quoteQualified(schema, name))],
  );

test('foreign keys that point out of the selection are named, with what they point at', async () => {
  await using world = await nastyWorld();
  const out = (...names: string[]) =>
    foreignKeysOut(
      selectTables(
        world.toc,
        names.map((name) => ({ schema: 'public', name })),
      ),
      world.toc,
    ).map(({ entry, target }) => [entry.name, target?.name]);
  expect(out('order')).toEqual([['public order order_last_fkey postgres', 'public order lines postgres']]);
  expect(out('order', 'order lines', 't', 'p', 'été')).toEqual([]);
  expect(out('to_p', 'p', 'p1')).toEqual([['public p p_e_fkey postgres', 'public été postgres']]);
  // Not even in the archive.
  const file = `${world.file}.part`;
  await dump(world.source.url, file, '--table="order lines"', '--table=to_p');
  const part = await toc(file);
  expect(foreignKeysOut(part, part).map(({ entry, target }) => [entry.name, target])).toEqual([
    ['public order lines order lines_order_fkey postgres', undefined],
    ['public to_p to_p_id_k_fkey postgres', undefined],
  ]);
});

test('a whole dump comes back into a database that has its schemas and extensions', async () => {
  await using world = await nastyWorld();
  await using target = await testDatabase();
  await target.sql(`create schema ${quoteIdentifier(WEIRD)}; create schema s; create schema "DATA"`);
  const list = `${world.file}.list`;
  await writeFile(list, formatToc(withoutEntries(world.toc, { schemas: [WEIRD, 's', 'DATA', 'public'] })));
  await pipe('pg_restore', [`--use-list=${list}`, `--dbname=${target.url}`, '-1', '-e'], createReadStream(world.file));
  expect(await script(target.url, [])).toBe(await script(world.source.url, []));
});

/** How many locks on what it made a restore of the archive holds before it commits. */
async function heldLocks(file: string): Promise<number> {
  await using target = await testDatabase();
  const sql = await output('pg_restore', ['--single-transaction', '--file=-', file]);
  const query = `select 'locks: ' || count(distinct (locktype, relation, classid, objid)) from pg_catalog.pg_locks
    where pid = pg_catalog.pg_backend_pid() and locktype in ('relation', 'object')
      and coalesce(relation, objid) >= 16384;`;
  const input = [Buffer.from(sql.replace(/^COMMIT;$/m, query))];
  const text = await pipe('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', target.url], input);
  return Number(/^locks: (\d+)$/m.exec(text)?.[1]);
}

const each = (count: number, statement: string) =>
  `do $do$ begin for i in 1..${count} loop execute format(${statement}); end loop; end $do$;`;

test.for([
  [
    'tables with texts, keys, indexes and sequences',
    each(40, `'create table t%s(id serial primary key, a text unique)', i`),
  ],
  [
    'tables of numbers with a key',
    each(40, `'create table t%s(id int primary key, b int references t%s)', i, greatest(1, i - 1)`),
  ],
  [
    'partitions',
    `create table p(id int primary key, a text) partition by list (id);
    ${each(40, `'create table p%s partition of p for values in (%s)', i, i`)}`,
  ],
  [
    'views',
    `create table t(id int primary key, a text); ${each(40, `'create view v%s as select * from t', i`)}
    ${each(20, `'create materialized view m%s as select * from t', i`)}`,
  ],
  [
    'functions and types',
    `${each(40, `'create function f%s() returns int language sql as ''select 1''', i`)}
    ${each(20, `'create type c%s as (a int)', i`)} ${each(20, `'create type e%s as enum (''a'')', i`)}`,
  ],
  ['large objects', `select lo_from_bytea(0, 'x') from generate_series(1, 1500)`],
])('locks of a restore are estimated: %s', async ([_title, setUp = '']) => {
  await using source = await testDatabase();
  await using folder = await temporaryFolder();
  await source.sql(setUp);
  const file = join(folder.path, 'locks.dump');
  await dump(source.url, file);
  const [held, estimate] = [await heldLocks(file), countLocks(await toc(file))];
  expect(held).toBeGreaterThan(30);
  expect(estimate).toBeGreaterThanOrEqual(held - 5);
  expect(estimate).toBeLessThanOrEqual(2 * held + 5);
});

test('locks of a restore are estimated: some of everything', async () => {
  await using world = await nastyWorld();
  const held = await heldLocks(world.file);
  expect(countLocks(world.toc)).toBeGreaterThanOrEqual(held - 15);
  expect(countLocks(world.toc)).toBeLessThanOrEqual(2 * held);
});

interface Feed extends AsyncIterable<Uint8Array> {
  taken: number;
  left: boolean;
}

/** `bytes` in pieces, then pieces of nothing without end, or an error. */
function feedOf(bytes: Uint8Array, { piece = 10_000, error }: { piece?: number; error?: Error } = {}): Feed {
  const feed: Feed = { taken: 0, left: false, [Symbol.asyncIterator]: pieces };
  return feed;

  async function* pieces() {
    try {
      for (; feed.taken < bytes.length; feed.taken += piece) yield bytes.subarray(feed.taken, feed.taken + piece);
      if (error) throw error;
      for (;;) {
        feed.taken += piece;
        yield new Uint8Array(piece);
      }
    } finally {
      feed.left = true;
    }
  }
}

async function bigArchive(): Promise<{ bytes: Buffer } & AsyncDisposable> {
  await using source = await testDatabase();
  await using folder = await temporaryFolder();
  await source.sql(`create table big as select gen_random_uuid() as id from generate_series(1, 200000)`);
  const file = join(folder.path, 'big.dump');
  await dump(source.url, file, '--compress=0');
  return { bytes: await readFile(file), [Symbol.asyncDispose]: async () => {} };
}

test('no more of the archive is read than its header, in pieces of whatever size', async () => {
  await using archive = await bigArchive();
  expect(archive.bytes.length).toBeGreaterThan(5_000_000);
  const tools = await clientTools();
  const whole = await readToc(tools, [archive.bytes] as unknown as AsyncIterable<Uint8Array>, signal);
  expect(texts(whole)).toEqual(['TABLE DATA public big postgres', 'TABLE public big postgres']);
  for (const piece of [1, 1_000, 1_000_000]) {
    const feed = feedOf(archive.bytes, { piece });
    expect(await readToc(tools, feed, signal)).toEqual(whole);
    expect(feed.left).toBe(true);
    expect(feed.taken).toBeLessThanOrEqual(200_000 + piece);
  }
});

test('what is no archive, or ends within its header, is refused', async () => {
  await using archive = await bigArchive();
  const tools = await clientTools();
  const garbage = feedOf(randomBytes(1_000_000));
  await expect(readToc(tools, garbage, signal)).rejects.toMatchObject({
    name: 'ToolFailed',
    message: expect.stringMatching(/does not appear to be a valid archive/),
  });
  expect(garbage.left).toBe(true);
  for (const length of [0, 3, 600]) {
    const cut = [archive.bytes.subarray(0, length)] as unknown as AsyncIterable<Uint8Array>;
    await expect(readToc(tools, cut, signal)).rejects.toMatchObject({ name: 'ToolFailed' });
  }
});

test("an archive that breaks off fails with its own error, an interruption with the signal's", async () => {
  await using archive = await bigArchive();
  const tools = await clientTools();
  const error = new Error('connection lost');
  await expect(readToc(tools, feedOf(archive.bytes.subarray(0, 600), { error }), signal)).rejects.toBe(error);

  const interruption = new AbortController();
  const endless = (async function* () {
    yield archive.bytes.subarray(0, 600);
    interruption.abort(new Error('enough'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield archive.bytes.subarray(600);
  })();
  await expect(readToc(tools, endless, interruption.signal)).rejects.toThrow('enough');
});

test('names of a database in another encoding are read, too', async () => {
  await using source = await testDatabase({ encoding: 'LATIN1' });
  await using folder = await temporaryFolder();
  await source.sql('create table "été" (id int primary key)');
  const file = join(folder.path, 'latin.dump');
  await dump(source.url, file);
  const selected = selectTables(await toc(file), [{ schema: 'public', name: 'été' }]);
  expect(texts(selected)).toEqual([
    'CONSTRAINT public été été_pkey postgres',
    'TABLE DATA public été postgres',
    'TABLE public été postgres',
  ]);
});

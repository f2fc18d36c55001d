import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type TestDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { listClientTools, type ToolName, toolPath } from './client-tools.ts';
import { inspectScript, readScript, runnableScript } from './plain-script.ts';

const [tools] = (await listClientTools()).filter(({ major }) => major === 15);

async function runTool(name: ToolName, args: readonly string[]) {
  if (!tools) throw new Error('no client tools of PostgreSQL 15');
  return promisify(execFile)(toolPath(tools, name), [...args], { env: {}, maxBuffer: 1 << 28, encoding: 'buffer' });
}

async function* chunksOf(script: Buffer, size = 1000) {
  for (let at = 0; at < script.length; at += size) yield script.subarray(at, at + size);
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

// psql drops empty lines, and lines of comments between statements.
const squeeze = (sql: string) => sql.replaceAll(/\s+/g, '');

/** The statements that psql sends, as it writes them down itself. */
async function sentByPsql(db: TestDatabase, script: Buffer, ...args: string[]): Promise<string[]> {
  await using folder = await temporaryFolder();
  const [input, log] = [join(folder.path, 'in.sql'), join(folder.path, 'log')];
  await writeFile(input, script);
  await runTool('psql', ['-X', '-q', '-f', input, '-L', log, ...args, db.url]).catch((error) => {
    if (args.length > 0) throw error;
  });
  const text = await readFile(log, 'latin1').catch(() => '');
  const queries = /^\*{9} QUERY \*{10}\n(.*?)\n\*{26}\n\n/gms;
  return [...text.matchAll(queries)].map(([, sql = '']) => squeeze(sql)).filter(Boolean);
}

async function foundByUs(script: Buffer): Promise<string[]> {
  const statements = [''];
  const given: Buffer[] = [];
  for await (const { kind, bytes } of readScript(chunksOf(script))) {
    given.push(bytes);
    if (kind === 'blank' || kind === 'statement') statements.push(statements.pop() + bytes.toString('latin1'));
    if (kind !== 'blank') statements.push('');
  }
  expect(Buffer.concat(given).equals(script)).toBe(true);
  // psql holds back leading blanks and comments of one line, but not those in /* */.
  return statements.map((sql) => squeeze(sql.replace(/^(?:\s|--[^\r\n]*)+/, ''))).filter(Boolean);
}

const OBJECTS = [
  `create table "we""ird
name; commit;" (id int, "a'b" text check ("a'b" ~ '^\\d+\\''$' or true))`,
  `insert into "we""ird
name; commit;" values (1, E'a\\r\\\\restrict me\\n\\\\.\\nCOMMIT;'), (2, E'\\\\.'), (3, E'x\\r\\\\.\\r')`,
  `comment on table "we""ird
name; commit;" is E'it''s; \\n\\\\! echo\\n--'`,
  'create function f() returns void language plpgsql as $$ begin perform 1; commit; end $$',
  `create procedure p() language plpgsql as 'begin commit; rollback; end'`,
  `create function atomic_one(n int) returns int begin atomic
     select case when n > 1 then case n when 2 then 3 end else 4 end; select (case when true then 1 end); end`,
  `create procedure atomic_two() begin atomic insert into "we""ird
name; commit;" values (1, 'end'); end`,
  `create or replace function "end"(a text) returns text return a || 'begin'`,
  `create rule r as on insert to "we""ird
name; commit;" where false do also (select 2; delete from "we""ird
name; commit;" where id < 0; select 1)`,
  'create operator ##-*<> (leftarg = text, rightarg = text, function = textcat)',
  `create view v as select 1 as "begin", (array[1,2,3])[1:2] as s, E'\\\\' as back, 2 as "USER"`,
  `create type "E" as enum ('$$', '''', '\\')`,
  `grant select on v to public`,
  `select lo_from_bytea(0, decode(repeat('27', 100), 'hex'))`,
];

async function sourceDatabase(): Promise<TestDatabase> {
  const db = await testDatabase();
  for (const object of OBJECTS) await db.sql(object);
  await db.end();
  return db;
}

test.for([
  ['with data', []],
  ['with inserts', ['--inserts', '--quote-all-identifiers']],
  ['without large objects', ['--no-blobs']],
] as const)('a dump %s is cut where psql cuts it, and its runnable form restores it', async ([, args]) => {
  await using source = await sourceDatabase();
  const dump = (await runTool('pg_dump', [...args, source.url])).stdout;
  await using target = await testDatabase();
  const runnable = await bytesOf(
    runnableScript(chunksOf(dump), { restrictKey: 'Secret1', owners: true, privileges: true }),
  );
  const sent = await sentByPsql(target, runnable, '-v', 'ON_ERROR_STOP=1');
  expect(sent.length).toBeGreaterThan(30);
  expect(await foundByUs(dump)).toEqual(sent);
  await target.end();
  expect((await runTool('pg_dump', [...args, '--restrict-key=x', target.url])).stdout.toString()).toBe(
    (await runTool('pg_dump', [...args, '--restrict-key=x', source.url])).stdout.toString(),
  );

  const findings = await inspectScript(chunksOf(dump));
  expect(findings).toEqual({
    ambiguous: { line: expect.any(Number), text: 'a backslash before a quote in a string' },
    ...(args[0] !== '--no-blobs' && { transactionCommand: { line: expect.any(Number), text: 'BEGIN' } }),
  });

  const bare = (
    await bytesOf(runnableScript(chunksOf(dump), { restrictKey: 'k', owners: false, privileges: false }))
  ).toString();
  const without = (await runTool('pg_dump', [...args, '-O', '-x', '--restrict-key=k', source.url])).stdout.toString();
  const statements = async (script: string) => foundByUs(Buffer.from(script));
  expect(await statements(bare)).toEqual(await statements(without));
});

const WORDS =
  "' '' \\' E' e' U&' b' N' \" $$ $a$ $ab a$a$ $1 1 1e5 1.e+3 .5 .. ( ) ( ) ; ; ; -- /* */ /*/ **/ +-- -/* * / - \n \n \r \r\n create or replace function procedure begin atomic case end end; select 1; commit; \t : :: :a := é \\\\' x; [1:2]";

/** The same sequence of numbers below `bound` for the same seed (mulberry32). */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

test('what is readable of a random script is cut where psql cuts it', async () => {
  const words = WORDS.split(' ');
  await using db = await testDatabase();
  const seeds = Number(process.env.SCRIPT_FUZZ ?? 60);
  let compared = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const next = numbers(seed);
    const parts: string[] = [];
    for (let count = 0; count < 60; count += 1) {
      parts.push(words[next(words.length)] ?? '', next(3) ? '' : ' ');
      const text = Buffer.from(parts.join(''));
      if ((await inspectScript(chunksOf(text))).unreadable) parts.splice(-2);
    }
    const script = Buffer.from(`${parts.join('')}\n`);
    compared += 1;
    expect(await foundByUs(script), `seed ${seed}: ${JSON.stringify(script.toString())}`).toEqual(
      await sentByPsql(db, script),
    );
  }
  expect(compared).toBe(seeds);
});

import { describe, expect, test } from 'vitest';
import { inspectScript, readScript, runnableScript, type ScriptFindings } from './plain-script.ts';

async function* chunksOf(script: string, size = script.length > 10_000 ? 65_536 : 64) {
  const bytes = Buffer.from(script, 'latin1');
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function piecesOf(script: string, size?: number): Promise<[kind: string, text: string][]> {
  const pieces: [string, string][] = [];
  for await (const { kind, bytes } of readScript(chunksOf(script, size))) {
    const before = pieces.at(-1);
    if (kind === 'rest' || (kind === 'data' && before?.[0] === 'data')) {
      pieces[pieces.length - 1] = [before?.[0] ?? kind, (before?.[1] ?? '') + bytes.toString('latin1')];
    } else pieces.push([kind, bytes.toString('latin1')]);
  }
  return pieces;
}

async function runnable(script: string, { owners = true, privileges = true } = {}): Promise<string> {
  const chunks = await Array.fromAsync(runnableScript(chunksOf(script), { restrictKey: 'OURS', owners, privileges }));
  return Buffer.concat(chunks).toString('latin1');
}

const statementsOf = async (script: string) =>
  (await piecesOf(script)).filter(([kind]) => kind === 'statement').map(([, text]) => text);

const findings = (script: string): Promise<ScriptFindings> => inspectScript(chunksOf(script));

const DUMP = `--
-- PostgreSQL database dump
--

\\restrict abc123

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

COPY public."t ""
x" (a, b) FROM stdin;
1\tx\r\\restrict me\r\\.\r;COMMIT;
\\N\t\\\\.
\\.


ALTER TABLE ONLY public."t "OWNER TO" x" OWNER TO "bo b";
GRANT ALL ON TABLE public.t TO bob;
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
--
-- PostgreSQL database dump complete
--

\\unrestrict abc123

`;

test('the pieces are the script to the byte, and the same wherever the chunks end', async () => {
  const whole = await piecesOf(DUMP, DUMP.length);
  expect(whole.map(([, text]) => text).join('')).toBe(DUMP);
  expect(whole.map(([kind]) => kind).filter((kind) => kind !== 'blank')).toEqual([
    ...['restrict', 'statement', 'statement', 'statement', 'statement', 'data', 'statement', 'statement', 'statement'],
    'unrestrict',
  ]);
  for (const size of [1, 2, 3, 7, 100]) {
    expect(await piecesOf(DUMP, size)).toEqual(whole);
    expect(await inspectScript(chunksOf(DUMP, size))).toEqual({});
  }
});

test('the header and the footer make way for ours', async () => {
  const expected = DUMP.replace('\\restrict abc123\n', '').replace('\\unrestrict abc123\n', '');
  expect(await runnable(DUMP)).toBe(`\\restrict OURS\n${expected}\\unrestrict OURS\n`);
  expect(await runnable('SELECT 1')).toBe('\\restrict OURS\nSELECT 1\n\\unrestrict OURS\n');
});

test.for<[string, string, string]>([
  ['a second header', '\\restrict a\n\\restrict b\n\\unrestrict a\n', '\\restrict b\n'],
  ['a header after SQL', 'SELECT 1;\n\\restrict a\n', 'SELECT 1;\n\\restrict a\n'],
  ['a header after a carriage return', '-- x\r\\restrict a\n', '-- x\r\\restrict a\n'],
  ['a header with more on its line', '\\restrict a \\! id\n', '\\restrict a \\! id\n'],
  ['a footer of another key', '\\unrestrict a\n', '\\unrestrict a\n'],
  ['a footer in the middle', '\\restrict a\n\\unrestrict a\n\\! id\n\\unrestrict a\n', '\\unrestrict a\n\\! id\n'],
  ['psql commands', '\\connect x\nSELECT 1; \\o /tmp/x\n\\i x', '\\connect x\nSELECT 1; \\o /tmp/x\n\\i x\n'],
  ['a newline in a name', '-- Name: x\n\\! id\n--\n', '-- Name: x\n\\! id\n--\n'],
])('%s stays for psql to refuse', async ([, script, body]) => {
  expect(await runnable(script)).toBe(`\\restrict OURS\n${body}\\unrestrict OURS\n`);
  expect(await findings(script)).toHaveProperty('unreadable.text', 'a psql command');
});

describe('transaction commands', () => {
  test.for<[string, string]>([
    ['BEGIN;', 'BEGIN'],
    ['SELECT 1;COMMIT;SELECT 2;', 'COMMIT'],
    ['/* ; */ -- x\n cOmMiT;', 'COMMIT'],
    ['commit and chain;', 'COMMIT AND CHAIN'],
    ['end', 'END'],
    ["prepare/**/transaction 'x';", "PREPARE TRANSACTION ''"],
    ['start transaction;', 'START TRANSACTION'],
    ['ROLLBACK TO "x";', 'ROLLBACK TO ""'],
    ['savepoint a;', 'SAVEPOINT A'],
    ["SELECT 'a\\';COMMIT;--';", 'COMMIT'],
    ['SELECT E\'\\\\\', $a$x$b$a$, "x;";ABORT;', 'ABORT'],
    ['COPY t FROM stdin;\nx\\.\n\\.\nRELEASE a;', 'RELEASE A'],
    ['COPY t FROM stdin;\n\\.\r\nRELEASE a;', 'RELEASE A'],
  ])('%j: %s', async ([script, text]) => {
    expect((await findings(script)).transactionCommand?.text).toBe(text);
  });

  test.for([
    'co/**/mmit;',
    'prepare transaction_of AS SELECT 1;',
    "SELECT 'x;COMMIT;', E'\\';COMMIT;', U&'\\;COMMIT;', \"a;COMMIT;\", $$;COMMIT;$$, $a$$b$;COMMIT;$a$;",
    'DO $$ begin commit; end $$;',
    '/* /* */ ;COMMIT; */ SELECT 1;',
    '-- \\\\\nSELECT 1; --;COMMIT;\n',
    'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; DELETE FROM t);',
    'COPY t FROM stdin;\nCOMMIT;\n;COMMIT;\r\\.\r\nCOMMIT;\n\\.\n',
    'COPY t TO stdout;',
  ])('%j holds none', async (script) => {
    expect(await findings(script)).toEqual({});
  });

  test('the line is that on which the command begins', async () => {
    expect(await findings('SELECT 1;\nCOPY t FROM stdin;\n1\n\\.\n\n-- x\nCOMMIT;\n')).toEqual({
      transactionCommand: { line: 7, text: 'COMMIT' },
    });
  });
});

test.for<[string, RegExp]>([
  ['SET standard_conforming_strings = off;', /may change how/],
  ["SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false);", /may change how/],
  [
    "SELECT set_config('search_path', '', false), set_config('client_' || 'encoding', 'SJIS', false);",
    /may change how/,
  ],
  ["SET client_encoding = 'SJIS';", /may change how/],
  ["SET NAMES 'BIG5';", /may change how/],
  ['SET "client_encoding" TO \'GBK\';', /may change how/],
  ['SELECT 1\\; COMMIT;', /\\;/],
  ["CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMIT; SELECT 1 AS end;", /without ATOMIC/],
  ['CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 AS case; END; COMMIT; SELECT 1 AS end;', /END follows/],
  ['CREATE PROCEDURE f() BEGIN ATOMIC SELECT 1; COMMIT; END;', /COMMIT follows/],
  ["SELECT E'a'\n'\\'';COMMIT;--';", /continues/],
  ["SELECT a[1:e'\\'']; COMMIT;--'];", /variable/],
  ['SELECT :"USER";', /variable/],
  ["SELECT 1E'\\'';COMMIT;--';", /number/],
  ['COPY t FROM stdin; SELECT 1;\n\\.\n', /more on the line/],
  ['COPY BINARY t FROM stdin;\n\\.\n', /options/],
  ['COPY t FROM stdout WITH (FORMAT binary);\n\\.\n', /options/],
])('%j cannot be vouched for', async ([script, reason]) => {
  expect((await findings(script)).unreadable?.text).toMatch(reason);
});

test.for<[string, string]>([
  ["SELECT f(); SELECT '\\'';COMMIT;--';", 'a setting changed unseen could end the string elsewhere'],
  ["SELECT E'\x81\\';COMMIT;--';", 'in SJIS, the backslash is half a character'],
])('%j is ambiguous: %s', async ([script]) => {
  expect(await findings(script)).toMatchObject({ ambiguous: { line: 1 } });
});

test.for<[string, string]>([
  ['COPY t FROM stdin;\n1\n', 'it ends among the rows of a COPY'],
  ['COPY t FROM stdin;', 'it ends among the rows of a COPY'],
  ["SELECT 'x;\n", 'it ends inside a string'],
  ['/* /* */', 'it ends inside a block comment'],
  ['\\restrict a\nSELECT 1;\n', 'its last line, \\unrestrict, is missing'],
  ['\\restrict a\nSELECT (1;\n\\unrestrict a\n', 'a statement without an end'],
  ['SELECT 1;\0\n', 'a NUL byte, which no plain dump holds'],
])('%j is no whole dump', async ([script, text]) => {
  expect((await findings(script)).corrupt?.text).toBe(text);
  await expect(runnable(script)).rejects.toMatchObject({ name: 'CorruptDump' });
});

test('rows may end with the file right behind their marker', async () => {
  expect(await runnable('COPY t FROM stdin;\n1\n\\.')).toBe(
    '\\restrict OURS\nCOPY t FROM stdin;\n1\n\\.\n\\unrestrict OURS\n',
  );
});

test('owners and privileges are left out, and nothing that looks like them', async () => {
  const owners = [
    'ALTER TABLE public.rename OWNER TO bob;',
    'ALTER FUNCTION public.f(a integer, "b;" text) OWNER TO "b""ob";',
    'ALTER OPERATOR public.+ (text, text) OWNER TO bob;',
    'set session authorization bob;',
    'RESET SESSION AUTHORIZATION;',
  ];
  const privileges = [
    'GRANT ALL ON SCHEMA x TO bob WITH GRANT OPTION;',
    'REVOKE ALL ON TABLE x FROM PUBLIC;',
    'ALTER DEFAULT PRIVILEGES FOR ROLE bob GRANT SELECT ON TABLES TO PUBLIC;',
  ];
  const rest = [
    'ALTER TABLE t RENAME COLUMN owner TO x;',
    'ALTER TABLE t RENAME owner TO x;',
    "COMMENT ON TABLE t IS 'ALTER TABLE t OWNER TO bob;';",
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ GRANT x TO y; $$;',
    'SELECT 1 AS "grant";',
  ];
  const script = [...owners, ...privileges, ...rest].join('\n');
  expect(await statementsOf(await runnable(script, { owners: false }))).toEqual(
    expect.arrayContaining([...privileges, ...rest]),
  );
  const both = await statementsOf(await runnable(script, { owners: false, privileges: false }));
  expect(both.filter((statement) => !statement.startsWith('\\'))).toEqual(rest);
});

test('a long statement comes in parts, is still read to its end and left out as one', async () => {
  const script = `INSERT INTO t VALUES ('${';'.repeat(3 << 20)}');\nGRANT ${'a,'.repeat(2 << 20)}b TO c;\nCOMMIT;\n`;
  const parts: number[] = [];
  for await (const { bytes } of readScript(chunksOf(script))) parts.push(bytes.length);
  expect(Math.max(...parts)).toBeLessThan(1.2 * (1 << 20));
  expect((await findings(script)).transactionCommand).toEqual({ line: 3, text: 'COMMIT' });
  expect((await runnable(script, { privileges: false })).slice(-40)).toBe(
    ";;;;');\n\nCOMMIT;\n\\unrestrict OURS\n".padStart(40, ';'),
  );
});

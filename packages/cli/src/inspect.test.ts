import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasens } from '@datasens/testkit/cli.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test, vi } from 'vitest';

// Each of them starts the command, some of them several times.
vi.setConfig({ testTimeout: 60_000 });

async function inspectText(text: string, ...options: readonly string[]) {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'ventes.csv');
  await writeFile(path, text);
  // No database, no storage: the command must not need them.
  return await datasens(['inspect', path, ...options], { DATASENS_HOME: folder.path });
}

test('inspect --json prints one document', async () => {
  const { code, json, stderr } = await inspectText('id;prix\n01;1,5\n02;-\n03\n', '--json', '--null', '-');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(json).toMatchObject({
    uri: expect.stringMatching(/^file:\/\/.*\/ventes\.csv$/),
    sizeBytes: 23,
    compression: 'none',
    complete: true,
    dialect: { delimiter: ';', quote: '"', headerRows: 1, footerLines: 0 },
    decimal: ',',
    nullWords: ['-'],
    columns: [
      { name: 'id', header: 'id', changed: null, type: 'text', dateFormat: null, nulls: 0, missingWords: [] },
      { name: 'prix', type: 'numeric', nulls: 1 },
    ],
    copyReadable: false,
    notCopyReadable: 'more than the empty field means NULL',
    rowsRead: 3,
    rowsRejected: 1,
    sample: [
      { line: 2, values: ['01', '1,5'] },
      { line: 3, values: ['02', null] },
    ],
    rejects: [{ line: 4, raw: '03', reason: 'expected 2 fields, got 1' }],
  });
});

test('a person reads it, and no data steer the terminal', async () => {
  const { code, stdout } = await inspectText('id,nom \u001b[31m\n1,a\u001b]0;owned\u0007\n2,b\n3,c\n');
  expect(code).toBe(0);
  expect(stdout).toMatch(/read +all of it: 3 rows, 0 rejects, 0 blank rows/);
  expect(stdout).toMatch(/delimiter +, +certain +100 % of 4 rows have 2 fields/);
  expect(stdout).toMatch(/id +bigint +0 +all 3 are integers/);
  expect(stdout).toContain('a\\u001b]0;owned\\u0007');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test('every property can be told', async () => {
  const told = [
    '--delimiter',
    'tab',
    '--quote',
    "'",
    '--escape',
    '\\',
    '--encoding',
    'latin1',
    '--line-end',
    'crlf',
    '--header',
    'none',
  ];
  const more = ['--skip', '1', '--footer', '1', '--decimal', ',', '--date-format', 'MM/DD/YYYY', '--types', 'text'];
  const { json } = await inspectText("title\r\n1,5\t'a'\r\n03/04/2025\t'b'\r\nend\r\n", '--json', ...told, ...more);
  expect(json).toMatchObject({
    dialect: {
      delimiter: '\t',
      quote: "'",
      escape: '\\',
      encoding: 'iso-8859-1',
      lineEnd: 'crlf',
      headerRows: 0,
      skipLines: 1,
      footerLines: 1,
    },
    decimal: ',',
    columns: [
      { name: 'column_1', type: 'text', because: 'as told' },
      { name: 'column_2', type: 'text' },
    ],
    sample: [{ values: ['1,5', 'a'] }, { values: ['03/04/2025', 'b'] }],
  });
});

test('wrong usage, and what is no delimited text, exit with 2; a file that is not there with 1', async () => {
  for (const options of [
    ['--header', 'x'],
    ['--encoding', 'ebcdic'],
    ['--date-format', 'DD/MM'],
    ['--line-end', 'nel'],
    ['--delimiter', ';', '--quote', ';'],
  ]) {
    expect(await inspectText('a;b\n1;2\n', ...options), options.join(' ')).toMatchObject({ code: 2 });
  }
  const orc = await inspectText('ORC\u0015\u0004', '--json');
  expect(orc).toMatchObject({
    code: 2,
    json: { error: { name: 'InvalidInput', message: 'expected delimited text, got an ORC file' } },
  });
  expect(await datasens(['inspect', '/none/such.csv', '--json'], {})).toMatchObject({
    code: 1,
    json: { error: { name: 'NotFound' } },
  });
  expect(await inspectText('a;b\n1;2\n', '--types', '/none/types.json', '--json')).toMatchObject({
    code: 1,
    json: { error: { name: 'NotFound' } },
  });
});

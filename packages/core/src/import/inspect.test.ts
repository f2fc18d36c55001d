import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { inspect } from './inspect.ts';
import type { InspectInput } from './inspection.ts';
import { openFileSource } from './source/file-source.ts';

async function inspectText(text: string | Uint8Array, input: Omit<InspectInput, 'source'> = {}) {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'data.csv');
  await writeFile(path, text);
  await using source = await openFileSource(path);
  return await inspect({ signal: new AbortController().signal }, { source, ...input });
}

const VENTES =
  'Code postal;Prix;Le;Nom\n01000;1,50;03/04/2025;"Ét""é"\n75001;NA;25/04/2025;\n02000;12,25;01/05/2025;"a;b"\n';

test('says what an import would do: dialect, columns, rows', async () => {
  const found = await inspectText(VENTES, { nullWords: ['NA'] });
  expect(found).toMatchObject({
    compression: 'none',
    complete: true,
    decimal: ',',
    doubts: [],
    warnings: [],
    notCopyReadable: 'more than the empty field means NULL',
    dialect: { encoding: 'utf-8', lineEnd: 'lf', delimiter: ';', quote: '"', escape: '"', headerRows: 1, columns: 4 },
    columns: [
      { name: 'Code postal', type: 'text' },
      { name: 'Prix', type: 'numeric', nulls: 1 },
      { name: 'Le', type: 'date', dateFormat: { text: 'DD/MM/YYYY' } },
      { name: 'Nom', type: 'text', nulls: 1 },
    ],
    rejects: [],
    blankRows: 0,
  });
  expect(found.records.map(({ line, values }) => [line, ...values])).toEqual([
    [2, '01000', '1,50', '03/04/2025', 'Ét"é'],
    [3, '75001', null, '25/04/2025', null],
    [4, '02000', '12,25', '01/05/2025', 'a;b'],
  ]);
});

test('tells whether COPY could load the bytes as they are', async () => {
  const why = async (text: string | Uint8Array) => (await inspectText(text)).notCopyReadable;
  expect(await why('id;prix\n1;1.5\n2;2.25\n3;\n')).toBeUndefined();
  expect(await why('id;prix\n1;1,5\n2;2,25\n3;\n')).toBe('its numbers have a decimal comma');
  expect(await why('id;le\n1;25/04/2025\n2;26/04/2025\n')).toBe('its dates are not in ISO 8601');
  expect(await why('A report\n\nid;prix\n1;1.5\n2;2.25\n')).toBe('lines stand before its header');
  expect(await why(zstdCompressSync('id;prix\n1;1.5\n2;2.25\n'))).toBe('it is compressed');
});

test('finds the same in any encoding and compression', async () => {
  const plain = await inspectText(VENTES);
  for (const [bytes, encoding] of [
    [Buffer.from(`\ufeff${VENTES}`, 'utf16le'), 'utf-16le'],
    [Buffer.from(VENTES, 'latin1'), 'windows-1252'],
    [zstdCompressSync(VENTES), 'utf-8'],
  ] as const) {
    const found = await inspectText(bytes);
    expect(found.dialect).toMatchObject({ encoding });
    expect(found.columns).toEqual(plain.columns);
    expect(found.records.map(({ values }) => values)).toEqual(plain.records.map(({ values }) => values));
  }
});

test('tells rejects of the sample, and what is worth knowing', async () => {
  const found = await inspectText('id,n\n1,2\n2,missing\n3\n4,5\n5,\u0092\n6,7\n7,8\n8,9\n,\n');
  expect(found.rejects).toEqual([{ line: 4, raw: '3', reason: 'expected 2 fields, got 1' }]);
  expect(found.records.length + found.rejects.length + found.blankRows).toBe(9);
  expect(found.warnings).toEqual([
    expect.stringContaining('1 rows have control characters'),
    expect.stringContaining('"missing"'),
  ]);
  expect(found.reading.warnings).toEqual([
    expect.stringContaining('1 rows have control characters'),
    expect.stringContaining('a word in "n"'),
  ]);
});

test('is not disturbed by where the sample of a large file ends', async () => {
  const row = '12,"a, ""b""\nc",2024-01-01 10:00:00\n';
  const found = await inspectText(`id,text,at\n${row.repeat(60_000)}Source: us\nand them\n`);
  expect(found).toMatchObject({
    complete: false,
    dialect: { footerLines: 2, headerRows: 1, columns: 3 },
    rejects: [],
    doubts: [],
    columns: [{ type: 'bigint' }, { type: 'text' }, { type: 'timestamp' }],
  });
  for (const { values } of found.records) expect(values).toEqual(['12', 'a, "b"\nc', '2024-01-01 10:00:00']);
});

test('refuses what cannot be told to it', async () => {
  for (const told of [
    { delimiter: '' },
    { delimiter: '\n' },
    { quote: 'é' },
    { delimiter: ',', quote: ',' },
    { quote: null, escape: '"' },
  ]) {
    await expect(inspectText(VENTES, { told })).rejects.toMatchObject({ name: 'InvalidInput' });
  }
});

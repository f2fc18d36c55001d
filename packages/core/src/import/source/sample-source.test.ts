import { createHash } from 'node:crypto';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { fileStore } from '@datasens/core/storage/file.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { describe, expect, test } from 'vitest';
import { openBlobSource } from './blob-source.ts';
import { openFileSource } from './file-source.ts';
import { openContent } from './open-content.ts';
import { openSource } from './open-source.ts';
import { HEAD_BYTES, readStart, sampleText } from './sample-source.ts';

async function sampleOf(bytes: Buffer | string) {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'data');
  await writeFile(path, bytes);
  await using source = await openFileSource(path);
  return await sampleText(source, await readStart(source));
}

describe('a sample', () => {
  test('is the whole of a small file, and beginning and end of a large one', async () => {
    const small = await sampleOf('a,b\n1,2\n');
    expect(small).toMatchObject({ complete: true, compression: 'none', tail: undefined });
    expect(small.head.toString()).toBe('a,b\n1,2\n');
    const large = await sampleOf(`a,b\n${'1,2\n'.repeat(400_000)}the end\n`);
    expect(large.complete).toBe(false);
    expect(large.head.length).toBe(HEAD_BYTES);
    expect(large.tail?.toString().endsWith('1,2\nthe end\n')).toBe(true);
  });

  test('of compressed data is of what it holds', async () => {
    const text = `a,b\n${'1,é\n'.repeat(400_000)}`;
    for (const [compression, bytes] of [
      ['gzip', gzipSync(text)],
      ['zstd', zstdCompressSync(text)],
    ] as const) {
      const sample = await sampleOf(bytes);
      expect(sample).toMatchObject({ compression, complete: false, tail: undefined });
      expect(sample.head.toString().startsWith('a,b\n1,é\n')).toBe(true);
    }
  });

  test.for([
    ['a Parquet file', 'PAR1\x15\x04'],
    ['an Excel workbook', 'PK\x03\x04\x14\0\x06\0[Content_Types].xml'],
    ['a ZIP archive', 'PK\x03\x04\x14\0\0\0ventes.csv'],
    ['an old Excel', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0'],
    ['a PDF document', '%PDF-1.7\n'],
    ['a dump of pg_dump', 'PGDMP\x01\x0e'],
    ['an HTML page', '\n<!DOCTYPE html>\n<html><body>Sign in, please</body></html>'],
    ['an XML document', '<?xml version="1.0"?><a/>'],
    [
      'binary data of no known kind',
      Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 7_919) % 251)).toString('latin1'),
    ],
  ] as const)('is refused, and named: %s', async ([name, text]) => {
    for (const bytes of [Buffer.from(text, 'latin1'), gzipSync(Buffer.from(text, 'latin1'))]) {
      await expect(sampleOf(bytes)).rejects.toMatchObject({
        name: 'InvalidInput',
        message: expect.stringContaining(name),
      });
    }
  });

  test('is refused where something compressed is within something compressed', async () => {
    await expect(sampleOf(gzipSync(gzipSync('a,b\n')))).rejects.toThrow('a gzip file within another');
  });
});

describe('a source', () => {
  test('is a path, a file URI, or an object of a store; its stored bytes are hashed while they are read', async () => {
    await using folder = await temporaryFolder();
    const stored = gzipSync('a,b\n1,2\n');
    const path = join(folder.path, 'x y.csv.gz');
    await writeFile(path, stored);
    const sha256 = createHash('sha256').update(stored).digest('hex');
    for (const open of [
      () => openSource(path, {}),
      () => openSource(pathToFileURL(path).href, {}),
      () => openBlobSource(fileStore(folder.path), 'x y.csv.gz'),
    ]) {
      await using source = await open();
      expect(source).toMatchObject({
        uri: expect.stringMatching(/^file:.*x(%20| )y\.csv\.gz$/),
        sizeBytes: stored.length,
      });
      const content = await openContent(source);
      expect(Buffer.concat(await Array.fromAsync(content.bytes)).toString()).toBe('a,b\n1,2\n');
      expect(content.stored()).toEqual({ sha256, sizeBytes: stored.length });
    }
  });

  test('that is not there, or no file, is told so', async () => {
    await using folder = await temporaryFolder();
    await expect(openSource(join(folder.path, 'none.csv'), {})).rejects.toMatchObject({ name: 'NotFound' });
    await expect(openSource(folder.path, {})).rejects.toMatchObject({ name: 'InvalidInput' });
    await expect(openSource('https://x.org/a.csv', {})).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  test('that is written to while it is read is a Conflict; one that is replaced is read as it was', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.csv');
    await writeFile(path, 'a,b\n');
    await using source = await openFileSource(path);
    await writeFile(`${path}.new`, 'c,d\n');
    await rename(`${path}.new`, path);
    expect(Buffer.concat(await Array.fromAsync(source.read())).toString()).toBe('a,b\n');
    await using other = await openFileSource(path);
    await appendFile(path, '1,2\n');
    await expect(Array.fromAsync(other.read())).rejects.toMatchObject({ name: 'Conflict' });
  });
});

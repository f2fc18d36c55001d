import { readFile } from 'node:fs/promises';
import { levels, parquetFile, plain } from '@datasens/testkit/parquet/parquet-file.ts';
import { readRows } from '@datasens/testkit/parquet/read-rows.ts';
import { expect, test } from 'vitest';

const FILES = `${import.meta.dirname}/../../../../../test/parquet`;

/** A number, a text and a list, each page with its checksum. */
function smallFile(): Buffer {
  const checksum = true;
  const numbers = { count: 2, body: plain.int32([1, -2]), checksum };
  const texts = { count: 2, body: Buffer.concat([levels([1, 0]), plain.bytes(['é"'])]), checksum };
  const lists = {
    count: 3,
    body: Buffer.concat([levels([0, 1, 0]), levels([1, 1, 0]), plain.int32([5, 6])]),
    checksum,
  };
  return parquetFile({
    schema: [
      { name: 'n', type: 'INT32' },
      { name: 't', type: 'BYTE_ARRAY', repetition: 'optional', converted: 0 },
      { name: 'l', type: 'INT32', repetition: 'repeated' },
    ],
    groups: [{ rows: 2, chunks: [numbers, texts, lists].map((page) => ({ pages: [page] })) }],
  });
}

test('bytes altered in pages with checksums are never read otherwise than they were', async () => {
  const whole = smallFile();
  const expected = await readRows(whole);
  expect(expected.rows).toEqual([
    ['1', 'é"', '[5, 6]'],
    ['-2', null, '[]'],
  ]);
  for (let at = 4; at < footerStart(whole); at += 1) {
    for (const mask of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
      const found = await readOrRefusal(altered(whole, at, mask));
      if (found !== 'InvalidInput') expect(found, `byte ${at} ^ ${mask}`).toEqual(expected);
    }
  }
});

test('bytes altered anywhere in a file of pyarrow leave it refused, or read to its end', async () => {
  const whole = await readFile(`${FILES}/pyarrow-checksums.parquet`);
  const outcomes = { read: 0, refused: 0 };
  for (let at = 0; at < whole.length; at += 13) {
    const found = await readOrRefusal(altered(whole, at, 0xff));
    outcomes[found === 'InvalidInput' ? 'refused' : 'read'] += 1;
  }
  expect(outcomes.refused).toBeGreaterThan(100);
  expect(outcomes.read).toBeGreaterThan(50);
});

test('a file that was cut off is refused, wherever that was', async () => {
  const whole = smallFile();
  for (let length = 0; length < whole.length; length += 1) {
    expect(await readOrRefusal(whole.subarray(0, length)), `${length} bytes`).toBe('InvalidInput');
  }
});

function footerStart(file: Buffer): number {
  return file.length - 8 - file.readUInt32LE(file.length - 8);
}

function altered(whole: Buffer, at: number, mask: number): Buffer {
  const bytes = Buffer.from(whole);
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return bytes;
}

/** The rows, or the name of the error. An error that is none of ours is thrown. */
async function readOrRefusal(bytes: Buffer) {
  try {
    return await readRows(bytes);
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidInput') return error.name;
    throw error;
  }
}

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** As SQL writes them. Two of eight columns need quotes in every row, one of these escapes, too. */
export const COLUMNS =
  'id bigint, nom text, ville text, prix numeric, quantite bigint, vu timestamp, ref text, note text';

/** Writes a CSV of `rows` rows of about 140 bytes, with a header; the same rows each time. */
export async function writeRows(path: string, rows: number): Promise<void> {
  await pipeline(Readable.from(blocks(rows)), createWriteStream(path));
}

export function* blocks(rows: number): Generator<string> {
  yield `${COLUMNS.replaceAll(/ \w+(?=,|$)/g, '').replaceAll(', ', ',')}\n`;
  for (let start = 1; start <= rows; start += 1_000) {
    const end = Math.min(rows, start + 999);
    let block = '';
    for (let id = start; id <= end; id += 1) {
      const minute = String(id % 60).padStart(2, '0');
      block += `${id},Zoë ${id},"Saint-${id % 977}, Loire",${id % 1_000}.${10 + (id % 90)},${id % 50},2026-01-${10 + (id % 20)} 12:${minute}:00,R${id * 7_919},"a note of ""${id}"", which goes on for as long as notes do"\n`;
    }
    yield block;
  }
}

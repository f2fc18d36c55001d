import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** As SQL writes them. In a CSV two of eight columns need quotes in every row, one of these escapes, too. */
export const COLUMNS =
  'id bigint, nom text, ville text, prix numeric, quantite bigint, vu timestamp, ref text, note text';
const NAMES = COLUMNS.split(', ').map((column) => column.split(' ', 1)[0] ?? '');

export type RowFormat = 'csv' | 'text' | 'ndjson' | 'json';

/** Writes a file of `rows` rows of about 140 bytes; the same rows each time. The CSV has a header, `text` is COPY's. */
export async function writeRows(path: string, rows: number, format: RowFormat = 'csv'): Promise<void> {
  await pipeline(Readable.from(blocks(rows, format)), createWriteStream(path));
}

export function* blocks(rows: number, format: RowFormat = 'csv'): Generator<string> {
  const { head, line, tail } = WRITERS[format];
  yield head;
  for (let start = 1; start <= rows; start += 1_000) {
    const end = Math.min(rows, start + 999);
    let block = '';
    for (let id = start; id <= end; id += 1) block += line(values(id), id === rows);
    yield block;
  }
  yield tail;
}

type Values = ReturnType<typeof values>;

function values(id: number) {
  const minute = String(id % 60).padStart(2, '0');
  return [
    id,
    `Zoë ${id}`,
    `Saint-${id % 977}, Loire`,
    `${id % 1_000}.${10 + (id % 90)}`,
    id % 50,
    `2026-01-${10 + (id % 20)} 12:${minute}:00`,
    `R${id * 7_919}`,
    `a note of "${id}", which goes on for as long as notes do`,
  ] as const;
}

interface Writer {
  readonly head: string;
  line(row: Values, isLast: boolean): string;
  readonly tail: string;
}

const WRITERS: Readonly<Record<RowFormat, Writer>> = {
  csv: {
    head: `${NAMES.join(',')}\n`,
    line: ([id, nom, ville, prix, quantite, vu, ref, note]) =>
      `${id},${nom},"${ville}",${prix},${quantite},${vu},${ref},"${note.replaceAll('"', '""')}"\n`,
    tail: '',
  },
  text: { head: '', line: (row) => `${row.join('\t')}\n`, tail: '' },
  ndjson: { head: '', line: (row) => `${asObject(row)}\n`, tail: '' },
  json: { head: '[', line: (row, isLast) => `${asObject(row)}${isLast ? '' : ',\n'}`, tail: ']\n' },
};

/** Numbers as they are written, the price with all of its digits. */
function asObject(row: Values): string {
  return `{${row.map((value, column) => `"${NAMES[column]}":${column === 3 ? value : JSON.stringify(value)}`).join(',')}}`;
}

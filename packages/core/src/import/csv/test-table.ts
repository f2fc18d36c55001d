/** A dialect to write a table in, for tests of what reads it. */
export interface Writing {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly escape: string | null;
  readonly lineEnd: string;
  /** All fields are quoted, or those that must be. */
  readonly quoteAll: boolean;
}

export const RFC_4180: Writing = { delimiter: ',', quote: '"', escape: '"', lineEnd: '\r\n', quoteAll: false };

export function writeRows(rows: readonly (readonly string[])[], writing: Writing): string {
  return rows
    .map((row) => row.map((cell) => writeCell(cell, writing)).join(writing.delimiter) + writing.lineEnd)
    .join('');
}

function writeCell(cell: string, { delimiter, quote, escape: escapeBy, quoteAll }: Writing): string {
  if (quote === null || escapeBy === null) return cell;
  const must = cell.includes(delimiter) || cell.includes(quote) || /[\r\n]/.test(cell);
  if (!must && !quoteAll) return cell;
  const escaped = escapeBy === quote ? cell : cell.replaceAll(escapeBy, escapeBy + escapeBy);
  return quote + escaped.replaceAll(quote, escapeBy + quote) + quote;
}

/** The text in chunks of `size` bytes. */
export async function* inChunks(text: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Numbers from 0 to below 1 (mulberry32): the same seed, the same numbers. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

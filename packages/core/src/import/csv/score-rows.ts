import { plausibilityOf, shapeOf } from './cell-shape.ts';
import type { Dialect } from './dialect.ts';
import type { Field } from './sample-rows.ts';
import { isBlankRow, type RowLimits, type SampleRow } from './sample-rows.ts';

export type Separators = Pick<Dialect, 'delimiter' | 'quote' | 'escape'>;

/**
 * What people separate fields by, and how much a tie is theirs: spaces and colons stand in most texts anyway. The last
 * are a delimiter that was written out, and one that is followed by a space before each quote.
 */
export const PRIORS: Readonly<Record<string, number>> = {
  ',': 1,
  ';': 1,
  '\t': 1,
  '|': 1,
  '\x01': 1,
  '\x1e': 1,
  '\x1f': 1,
  '^': 0.9,
  '~': 0.9,
  '§': 0.9,
  '¦': 0.9,
  '#': 0.7,
  '!': 0.7,
  '&': 0.7,
  '*': 0.7,
  '=': 0.6,
  ':': 0.45,
  ' ': 0.5,
  '\\t': 0.95,
  ', ': 0.97,
  '; ': 0.97,
};

export interface ScoredSeparators extends Separators {
  readonly score: number;
  readonly rows: number;
  /** Fields of the rows that most of the score comes from. */
  readonly width: number;
  readonly share: number;
  readonly quotedFields: number;
  readonly flawedRows: number;
  /** The delimiter is written twice. */
  readonly everySecondIsEmpty: boolean;
  /** Unquoted values that begin with a quote. */
  readonly halfQuoted: number;
}

/** How well separators explain the rows that they make. */
export function scoreRows(
  rows: readonly SampleRow[],
  separators: Separators,
  { complete }: RowLimits,
): ScoredSeparators {
  const filled = rows.filter((row) => !isBlankRow(row));
  // The last row of a cut sample may lack its other half.
  const counted = complete || filled.length < 3 ? filled : filled.slice(0, -1);
  const byWidth = Object.values(Object.groupBy(counted, ({ fields }) => fields.length)).flatMap((group) =>
    group !== undefined && group[0] !== undefined && group[0].flaw === undefined ? [group] : [],
  );
  const weight = (group: readonly SampleRow[]) => group.length * spread(group[0]?.fields.length ?? 1);
  const table = byWidth.sort((a, b) => weight(b) - weight(a))[0] ?? [];
  const width = table[0]?.fields.length ?? 1;
  const share = counted.length === 0 ? 0 : table.length / (counted.length - countNotes(counted, table) * 0.7);
  const flawedRows = counted.filter(({ flaw }) => flaw !== undefined).length;
  const prior = width > 1 ? (PRIORS[separators.delimiter] ?? 0.8) : 1;
  return {
    ...separators,
    score: prior * share * (0.5 + share / 2) * spread(width) * plausibility(table),
    rows: counted.length,
    width,
    share,
    quotedFields: counted.reduce((sum, { fields }) => sum + fields.filter(({ quoted }) => quoted).length, 0),
    flawedRows,
    halfQuoted: table.reduce((sum, { fields }) => sum + fields.filter(isHalfQuoted).length, 0),
    everySecondIsEmpty:
      width % 2 === 1 &&
      width > 2 &&
      table.every(({ fields }) => fields.every(({ text }, at) => at % 2 === 0 || text === '')),
  };
}

function isHalfQuoted({ text, quoted }: Field): boolean {
  return !quoted && /^\s*"/.test(text);
}

/** Lines of one field above and below a table, which say little against it. */
function countNotes(rows: readonly SampleRow[], table: readonly SampleRow[]): number {
  const [first, last] = [table[0], table.at(-1)];
  if (first === undefined || last === undefined || first.fields.length < 2 || table.length < 2) return 0;
  const isNote = ({ line, fields }: SampleRow) => fields.length === 1 && (line < first.line || line > last.line);
  return Math.min(rows.filter(isNote).length, 30);
}

/** More columns are less of an accident; one column is what any file is. */
function spread(width: number): number {
  return width > 1 ? (width - 1) / width : 0.4;
}

/** Of the columns, 0 to 1: cells that look like values, and all of them alike. */
function plausibility(table: readonly SampleRow[]): number {
  const width = table[0]?.fields.length ?? 0;
  if (width === 0) return 0;
  let sum = 0;
  const columns = Math.min(width, 200);
  for (let column = 0; column < columns; column += 1) {
    const cells = table.flatMap(({ fields }) => fields[column] ?? []);
    const mean = cells.reduce((total, { text, quoted }) => total + plausibilityOf(text, quoted), 0) / cells.length;
    const shapes = Object.values(Object.groupBy(cells, ({ text }) => shapeOf(text)));
    const alike = Math.max(...shapes.map((group) => group?.length ?? 0)) / cells.length;
    sum += mean * (0.85 + 0.15 * alike);
  }
  return sum / columns;
}

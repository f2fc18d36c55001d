import { patternOf, shapeOf } from './cell-shape.ts';
import type { SampleRow } from './sample-rows.ts';

/** What most cells of a column look like; `undefined` for free text, and where there are none. */
export type ColumnProfile = { readonly kind: string; readonly years: boolean } | undefined;

const KINDS: ReadonlySet<string> = new Set(['number', 'date', 'time', 'boolean', 'address']);
const SHARE = 0.8;

/** A profile for each of the first `width` columns of rows that are data. */
export function profileColumns(rows: readonly SampleRow[], width: number): ColumnProfile[] {
  return Array.from({ length: width }, (_, column) => {
    const cells = rows
      .map(({ fields }) => fields[column]?.text ?? '')
      .map((text) => ({ text, kind: kindOf(text) }))
      .filter((cell) => cell.kind !== 'empty');
    const kinds = Object.entries(Object.groupBy(cells, (cell) => cell.kind));
    const [kind, group = []] = kinds.sort(([, a = []], [, b = []]) => b.length - a.length)[0] ?? ['text'];
    if (kind === 'text' || group.length < cells.length * SHARE) return undefined;
    // One cell has a pattern of its own, whatever it is.
    if (!KINDS.has(kind) && cells.length < 3) return undefined;
    return { kind, years: group.filter(({ text }) => isYear(text)).length > group.length * 0.2 };
  });
}

/** Whether a cell is such as its column holds: nothing to be told of an empty cell, or in a column of free text. */
export function fitsProfile(cell: string, profile: ColumnProfile): boolean | undefined {
  if (profile === undefined || shapeOf(cell) === 'empty') return undefined;
  // Years name the columns of many a table, above numbers that are none.
  if (profile.kind === 'number' && !profile.years && isYear(cell)) return false;
  return kindOf(cell) === profile.kind;
}

function kindOf(cell: string): string {
  const shape = shapeOf(cell);
  return shape === 'code' ? `code ${patternOf(cell)}` : shape;
}

export function isYear(cell: string): boolean {
  return /^(19|20)\d\d$/.test(cell.trim());
}

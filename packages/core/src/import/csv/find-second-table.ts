import { shapeOf } from './cell-shape.ts';
import { type ColumnProfile, fitsProfile } from './column-profile.ts';
import { isLoneCell } from './find-footer.ts';
import { isBlankRow, isSameRow, type SampleRow } from './sample-rows.ts';

/** Why there seems to be another table below the first one, and where; nothing where there does not. `rows` are those of the table. */
export function findSecondTable(
  rows: readonly SampleRow[],
  header: SampleRow | undefined,
  width: number,
  profiles: readonly ColumnProfile[],
): string | undefined {
  for (const [index, row] of rows.entries()) {
    if (isBlankRow(row)) continue;
    if (header !== undefined && row.fields.length > 1 && isSameRow(row, header))
      return `footer: line ${row.line} is the header again: are there two tables?`;
    const run = rows.slice(index, index + 3);
    const other = row.fields.length;
    if (other > 1 && other !== width && run.length === 3 && run.every(({ fields }) => fields.length === other)) {
      return `footer: from line ${row.line} on rows have ${other} fields, not ${width}: are there two tables?`;
    }
    const previous = rows[index - 1];
    if (previous === undefined || !isBlankRow(previous)) continue;
    const titled = isLoneCell(row) ? rows[index + 1] : undefined;
    const named = titled ?? row;
    // Among text alone, rows after a blank line are no surprise: it takes a title, or a name that the header has, too.
    const isTyped = profiles.some((profile) => profile !== undefined);
    const isNamed = isTyped || titled !== undefined || sharesName(named, header);
    if (isNamed && looksLikeHeader(named, profiles)) {
      return `footer: after a blank line, line ${named.line} looks like the header of a second table`;
    }
  }
  return undefined;
}

function sharesName({ fields }: SampleRow, header: SampleRow | undefined): boolean {
  return fields.some(({ text }, column) => text.trim() !== '' && text === header?.fields[column]?.text);
}

function looksLikeHeader({ fields }: SampleRow, profiles: readonly ColumnProfile[]): boolean {
  const cells = fields.map(({ text }) => text.trim()).filter((text) => text !== '');
  if (cells.length < 2 || new Set(cells).size < cells.length) return false;
  if (cells.some((cell) => shapeOf(cell) !== 'text')) return false;
  const isTyped = profiles.some((profile) => profile !== undefined);
  return !isTyped || fields.some(({ text }, column) => fitsProfile(text, profiles[column]) === false);
}

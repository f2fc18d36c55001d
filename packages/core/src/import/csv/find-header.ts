import { shapeOf } from './cell-shape.ts';
import { type ColumnProfile, fitsProfile, isYear } from './column-profile.ts';
import type { Certainty } from './finding.ts';
import { isBlankRow, isSameRow, type SampleRow } from './sample-rows.ts';

export interface FoundHeader {
  readonly rows: number;
  readonly certainty: Certainty;
  readonly because: string;
}

const MOST_ROWS = 10;

/**
 * How many of the first rows name the columns. A header is what is unlike the rows below it: words over numbers. Where
 * everything is text there are weaker signs, and sometimes none.
 */
export function findHeader(rows: readonly SampleRow[], profiles: readonly ColumnProfile[]): FoundHeader {
  const [first] = rows;
  if (first === undefined || profiles.length === 0)
    return { rows: 0, certainty: 'certain', because: 'there are no rows' };
  const isWhole = (row: SampleRow) => row.fields.length === profiles.length && !isBlankRow(row);
  const whole = rows.filter((row) => isWhole(row) && (row === first || !isSameRow(row, first)));
  let found = 0;
  let fit = 0;
  let unfit = 0;
  let complete = false;
  let questionable: SampleRow | undefined;
  for (const [index, row] of rows.slice(0, MOST_ROWS).entries()) {
    const cells = countCells(row, profiles);
    // Years that count up name columns, even over years; where they do in every row they are the data.
    if (row === first && isYearRow(row) && whole.filter(isYearRow).length * 2 <= whole.length) {
      cells.unfit += cells.fit;
      cells.fit = 0;
    }
    if (isBlankRow(row)) continue;
    // Only the first may be a field short, or long.
    if (index > 0 && row.fields.length !== profiles.length) break;
    const isHeader = complete ? isSecondHeader(row, cells, whole) : cells.unfit > cells.fit * 4;
    if (!isHeader) {
      // A title, or a group over some columns, belongs to the header that follows it.
      if (!complete && cells.fit === 0 && isSparse(row)) continue;
      fit = cells.fit;
      break;
    }
    // Units, or a row of remarks: both are words over numbers.
    if (complete && row.fields[0]?.text.trim() !== '') questionable = row;
    found = index + 1;
    unfit = Math.max(unfit, cells.unfit);
    complete ||= row.fields.every(({ text }) => text.trim() !== '');
  }
  const typed = profiles.filter((profile) => profile !== undefined).length;
  if (found > 0) {
    if (questionable !== undefined) {
      const because = `line ${questionable.line} may be of the header, or a row`;
      return { rows: found, certainty: 'unsure', because };
    }
    const certainty = unfit * 2 >= typed ? 'certain' : 'likely';
    return {
      rows: found,
      certainty,
      because: `words stand over ${unfit} of ${typed} columns of numbers, dates or codes`,
    };
  }
  if (fit > 0)
    return { rows: 0, certainty: 'certain', because: `the first row has values like those below it in ${fit} columns` };
  return findWordHeader(rows, whole);
}

function countCells(row: SampleRow, profiles: readonly ColumnProfile[]): { fit: number; unfit: number } {
  const verdicts = row.fields.map(({ text }, column) => fitsProfile(text, profiles[column]));
  return {
    fit: verdicts.filter((verdict) => verdict === true).length,
    unfit: verdicts.filter((verdict) => verdict === false).length,
  };
}

function isYearRow({ fields }: SampleRow): boolean {
  const years = fields.filter(({ text }) => isYear(text)).map(({ text }) => Number(text));
  const step = (years[1] ?? 0) - (years[0] ?? 0);
  return (
    years.length > 1 &&
    Math.abs(step) === 1 &&
    years.every((year, at) => at === 0 || year - (years[at - 1] ?? 0) === step)
  );
}

/** Units under the names, or the rest of a name: not a row with a remark in a column of numbers. */
function isSecondHeader(
  row: SampleRow,
  { fit, unfit }: { fit: number; unfit: number },
  body: readonly SampleRow[],
): boolean {
  if (fit > 0 || unfit === 0) return false;
  const isRest = row.fields[0]?.text.trim() === '' && isSparse(row);
  if (!isRest && unfit < 2) return false;
  return !row.fields.some(
    ({ text }, column) =>
      text.trim() !== '' && body.some((other) => other !== row && other.fields[column]?.text === text),
  );
}

function isSparse({ fields }: SampleRow): boolean {
  return fields.length > 1 && fields.filter(({ text }) => text.trim() !== '').length * 2 <= fields.length;
}

/** The first row that is filled, among text alone. */
function findWordHeader(rows: readonly SampleRow[], body: readonly SampleRow[]): FoundHeader {
  const index = rows.findIndex((row) => !isBlankRow(row) && !isSparse(row));
  const row = rows[index];
  if (row === undefined) return { rows: 0, certainty: 'unsure', because: 'no row is filled' };
  const cells = row.fields.map(({ text }) => text.trim());
  const names = cells.filter((cell) => cell !== '');
  if (names.some((name) => ['number', 'date', 'time'].includes(shapeOf(name)))) {
    return { rows: 0, certainty: 'likely', because: 'the first row has numbers or dates' };
  }
  const others = body.filter((other) => other !== row);
  const unique = new Set(names).size === names.length;
  if (others.length === 0) {
    return {
      rows: index + 1,
      certainty: unique && names.length > 3 ? 'likely' : 'unsure',
      because: 'there is one row, of words',
    };
  }
  let signs = 0;
  for (const [column, cell] of cells.entries())
    signs +=
      cell === ''
        ? 0
        : signOfHeader(
            cell,
            others.map(({ fields }) => fields[column]?.text.trim() ?? ''),
          );
  if (!unique) signs -= 1;
  if (signs > 0)
    return {
      rows: index + 1,
      certainty: 'likely',
      because: `its words are unlike the text below them in ${signs} columns`,
    };
  if (signs < 0) return { rows: 0, certainty: 'likely', because: 'the first row has values that stand below it, too' };
  return { rows: index + 1, certainty: 'unsure', because: 'all is text, and the first row may be a header or not' };
}

/**
 * 1 where a cell is no value of its column, -1 where it is one, 0 where nobody knows. A value that has not been seen
 * comes as often as values that were seen once (Good and Turing), and one that is longer than all n others once in n.
 */
function signOfHeader(cell: string, values: readonly string[]): number {
  const filled = values.filter((value) => value !== '');
  if (filled.includes(cell)) return -1;
  const counts = Object.values(Object.groupBy(filled, (value) => value)).map((group) => group?.length ?? 0);
  const once = counts.filter((count) => count === 1).length;
  if ((once + 1) / (filled.length + 1) < UNLIKELY) return 1;
  const lengths = filled.map(({ length }) => length);
  const isOutside = cell.length > Math.max(...lengths) || cell.length < Math.min(...lengths);
  if (isOutside && 2 / (filled.length + 1) < UNLIKELY) return 1;
  if (filled.length < 3) return 0;
  const isUnlike = (pattern: RegExp) => !pattern.test(cell) && filled.every((value) => pattern.test(value));
  return isUnlike(/\d/) || isUnlike(/^\p{Lu}/u) || isUnlike(/^\p{Ll}/u) ? 1 : 0;
}

const UNLIKELY = 0.1;

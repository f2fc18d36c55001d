import { shapeOf } from './cell-shape.ts';
import { type ColumnProfile, profileColumns } from './column-profile.ts';
import type { ToldDialect } from './dialect.ts';
import { findFooter, isLoneCell } from './find-footer.ts';
import { type FoundHeader, findHeader } from './find-header.ts';
import { findSecondTable } from './find-second-table.ts';
import type { Finding } from './finding.ts';
import { joinHeader } from './join-header.ts';
import { isBlankRow, isSameRow, type SampleRow } from './sample-rows.ts';

export interface FoundTable {
  readonly skipLines: number;
  readonly headerRows: number;
  readonly footerLines: number;
  readonly columns: number;
  /** One name per column, as the file has them; empty where it has none. Nothing without a header. */
  readonly names: readonly string[] | undefined;
  readonly findings: readonly Finding[];
  /** Questions that are about no single property, but for those that what was told has answered. */
  readonly doubts: readonly string[];
}

export interface TableRows {
  readonly rows: readonly SampleRow[];
  /** Those of the end of the text, where `rows` are not all; none where it is not known. */
  readonly end: readonly SampleRow[] | undefined;
}

/** Where the table is among the rows of a sample: preamble, header, rows, footer. */
export function findTable({ rows, end }: TableRows, delimiters: readonly RegExp[], told: ToldDialect): FoundTable {
  const from = told.skipLines === undefined ? 0 : rows.findIndex(({ line }) => line > (told.skipLines ?? 0));
  const below = from === -1 ? [] : rows.slice(from);
  const columns = commonWidth(below);
  const start = told.skipLines === undefined ? findStart(below, columns) : 0;
  const table = below.slice(start);
  const [top] = table;
  // A header that comes again says nothing of the values.
  const isValues = (row: SampleRow) => row === top || top === undefined || !isSameRow(row, top);
  const isWhole = (row: SampleRow) => row.flaw === undefined && row.fields.length === columns && !isBlankRow(row);
  const ofWidth = table.filter((row) => isWhole(row) && isValues(row));
  // A header of another width is not among them; otherwise the later half is surely data.
  const isEven = top === ofWidth[0] || (top !== undefined && isBlankRow(top));
  const body = ofWidth.slice(told.headerRows ?? (isEven ? Math.min(10, Math.ceil(ofWidth.length / 2)) : 0));
  const profiles = profileColumns(body, columns);
  const titles = countTitles(table);
  // One title in the table's own width is part of the header; several are a preamble.
  const skipped = told.skipLines === undefined && told.headerRows === undefined && titles.count > 1 ? titles.rows : 0;
  const named = table.slice(skipped);
  const header = told.headerRows === undefined ? findHeader(named, profiles) : toldHeader(told.headerRows);
  // A title without a header below it names nothing.
  const isTitleAlone = header.rows === 0 && told.skipLines === undefined && titles.count === 1 && skipped === 0;
  const data = named.slice(isTitleAlone ? titles.rows : 0);
  const first = data[0];
  const skipLines = told.skipLines ?? (first === undefined ? 0 : first.line - 1);
  const alignment = alignNames(data.slice(0, header.rows), data.slice(header.rows), columns);
  const names = namesOf(data.slice(0, header.rows), alignment, columns);
  const footer = placeFooter(data.slice(header.rows), end, columns, profiles, told);
  const inner = data.slice(header.rows, end === undefined ? data.length - footer.rows : undefined);
  const second = findSecondTable(inner, data[header.rows - 1], columns, profiles);
  const preamble = below.slice(0, start + skipped).filter((row) => !isBlankRow(row));
  const unreadable = below.length > 0 && columns === 0 && below.some((row) => !isBlankRow(row));
  const findings: Finding[] = [
    skipFinding(skipLines, preamble, told),
    {
      property: 'headerRows',
      certainty: told.headerRows === undefined ? header.certainty : 'told',
      because: header.because,
    },
    footer.finding,
  ];
  return {
    skipLines,
    headerRows: header.rows,
    footerLines: footer.lines,
    columns,
    names,
    findings,
    doubts: [
      told.footerLines === undefined && second,
      told.headerRows === undefined && header.rows === 0 && lostHeader(preamble.at(-1), columns, delimiters),
      told.headerRows === undefined &&
        alignment === 'unknown' &&
        'header: it has one name less than the rows have fields',
      told.headerRows === undefined &&
        data.slice(0, header.rows).some(isWrapped) &&
        'header: it is in other quotes than the rows',
      told.delimiter === undefined &&
        columns === 1 &&
        isFixedWidth(below) &&
        'delimiter: the columns seem to have fixed widths, which are not read',
      unreadable && 'no row is well-formed',
    ].filter((doubt) => typeof doubt === 'string'),
  };
}

/** Of most rows; more columns count for more, for notes and titles have few. */
function commonWidth(rows: readonly SampleRow[]): number {
  const filled = rows.filter((row) => row.flaw === undefined && !isBlankRow(row));
  const groups = Object.values(Object.groupBy(filled, ({ fields }) => fields.length)).map((group = []) => {
    const width = group[0]?.fields.length ?? 0;
    return { width, weight: group.length * (width > 1 ? (width - 1) / width : 0.4) };
  });
  return groups.sort((a, b) => b.weight - a.weight)[0]?.width ?? 0;
}

/** The first row from which on rows are of the table's width; or the header before it, one field shorter or longer. */
function findStart(rows: readonly SampleRow[], width: number): number {
  const isRow = (row: SampleRow) => row.flaw === undefined && row.fields.length === width;
  const start = rows.findIndex((row, index) => {
    const next = rows
      .slice(index + 1)
      .filter((other) => !isBlankRow(other))
      .slice(0, 5);
    return isRow(row) && !(isBlankRow(row) && width === 1) && next.filter(isRow).length * 2 >= next.length;
  });
  if (start <= 0) return 0;
  const before = rows[start - 1] as SampleRow;
  return isUnevenHeader(before, width) ? start - 1 : start;
}

function isUnevenHeader({ fields, flaw }: SampleRow, width: number): boolean {
  if (flaw !== undefined || width < 3 || Math.abs(fields.length - width) !== 1) return false;
  const names = fields.length > width ? fields.slice(0, -1) : fields;
  if (fields.length > width && fields.at(-1)?.text !== '') return false;
  return names.every(({ text }) => text.trim() !== '' && !['number', 'date', 'time'].includes(shapeOf(text)));
}

/** Rows at the top that have a first cell alone, and how many rows they take, blank ones among them. */
function countTitles(rows: readonly SampleRow[]): { count: number; rows: number } {
  const next = rows.findIndex((row) => !isBlankRow(row) && !(isLoneCell(row) && row.fields.length > 1));
  const leading = rows.slice(0, Math.max(0, next));
  return { count: leading.filter((row) => !isBlankRow(row)).length, rows: leading.length };
}

function toldHeader(rows: number): FoundHeader {
  return { rows, certainty: 'told', because: 'as told' };
}

type Alignment = 'even' | 'first is unnamed' | 'last is unnamed' | 'unknown';

/**
 * Where the names of a header go that has one field less than the rows. Where the last column is empty, rows end in a
 * delimiter; where the first is made of unlike words, or counts from 1, it has the names of the rows, as R writes them
 * (?write.table, "CSV files"). Otherwise a name may be missing anywhere.
 */
function alignNames(header: readonly SampleRow[], body: readonly SampleRow[], columns: number): Alignment {
  if (columns < 2 || header.length === 0 || header.some(({ fields }) => fields.length !== columns - 1)) return 'even';
  const whole = body.filter(({ fields }) => fields.length === columns);
  if (whole.every(({ fields }) => fields[columns - 1]?.text.trim() === '')) return 'last is unnamed';
  const first = whole.map(({ fields }) => fields[0]?.text ?? '');
  const areNames = first.every((text) => ['text', 'code'].includes(shapeOf(text)));
  const areNumbers = first.every((text, index) => text === String(index + 1));
  return new Set(first).size === first.length && (areNames || areNumbers) ? 'first is unnamed' : 'unknown';
}

function namesOf(header: readonly SampleRow[], alignment: Alignment, columns: number): string[] | undefined {
  if (header.length === 0) return undefined;
  const rows = header.map(({ fields }) => fields.map(({ text }) => text));
  return joinHeader(alignment === 'first is unnamed' ? rows.map((row) => ['', ...row]) : rows, columns);
}

/** Whether most lines have gaps within, as tables that are lined up with spaces do. */
function isFixedWidth(rows: readonly SampleRow[]): boolean {
  const filled = rows.filter((row) => !isBlankRow(row));
  return filled.filter(({ fields }) => /\S {2,}\S/.test(fields[0]?.text ?? '')).length * 2 > filled.length;
}

/** Whether all cells stand in quotes that are none in this dialect. */
function isWrapped({ fields }: SampleRow): boolean {
  const mark = fields[0]?.text[0] ?? '';
  return (
    /["'`]/.test(mark) && fields.every(({ text }) => text.length > 1 && text.startsWith(mark) && text.endsWith(mark))
  );
}

interface PlacedFooter {
  readonly lines: number;
  /** Of the given rows. */
  readonly rows: number;
  readonly finding: Finding;
}

function placeFooter(
  rows: readonly SampleRow[],
  end: readonly SampleRow[] | undefined,
  columns: number,
  profiles: readonly ColumnProfile[],
  told: ToldDialect,
): PlacedFooter {
  const property = 'footerLines';
  const last = end ?? rows;
  const countLines = (some: readonly SampleRow[]) => some.reduce((sum, { lines }) => sum + lines, 0);
  if (told.footerLines !== undefined) {
    let start = last.length;
    while (start > 0 && countLines(last.slice(start)) < told.footerLines) start -= 1;
    return {
      lines: told.footerLines,
      rows: last.length - start,
      finding: { property, certainty: 'told', because: 'as told' },
    };
  }
  if (end?.length === 0) {
    return {
      lines: 0,
      rows: 0,
      finding: { property, certainty: 'likely', because: 'the end of the file was not looked at' },
    };
  }
  const { start, certainty, because } = findFooter(last, columns, profiles);
  return { lines: countLines(last.slice(start)), rows: last.length - start, finding: { property, certainty, because } };
}

function skipFinding(skipLines: number, preamble: readonly SampleRow[], told: ToldDialect): Finding {
  const property = 'skipLines';
  if (told.skipLines !== undefined) return { property, certainty: 'told', because: 'as told' };
  if (skipLines === 0) return { property, certainty: 'certain', because: 'the table begins with the first line' };
  const because = preamble.length === 0 ? 'the first lines are blank' : 'the first lines are no rows of the table';
  return { property, certainty: preamble.length === 0 ? 'certain' : 'likely', because };
}

/** A line above a table without header, which may have been its header before somebody damaged it. */
function lostHeader(above: SampleRow | undefined, columns: number, delimiters: readonly RegExp[]): string | undefined {
  if (above === undefined || columns < 2) return undefined;
  const { line, fields, flaw } = above;
  const [{ text } = { text: '' }] = fields;
  const isOther = fields.length === 1 && delimiters.some((delimiter) => text.split(delimiter).length === columns);
  const count = `${fields.length} field${fields.length === 1 ? '' : 's'}, not ${columns}`;
  const problem = flaw === undefined ? (isOther ? 'another delimiter' : count) : 'quotes that do not fit';
  return `header: there is none; line ${line} may be it, but has ${problem}`;
}

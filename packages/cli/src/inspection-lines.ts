import { type Finding, optionOf } from '@datasens/core/import/csv/finding.ts';
import type { Inspection } from '@datasens/core/import/inspection.ts';
import { SHOWN_REJECTS } from './inspection-json.ts';
import { formatBytes, formatTable } from './output.ts';

const CELL_WIDTH = 32;
const SAMPLE_ROWS = 5;
const SAMPLE_WIDTH = 120;

/** The screen of `inspect`. */
export function inspectionLines(found: Inspection): string[] {
  const { uri, sizeBytes, compression, complete, records, rejects, blankRows } = found;
  const packed = compression === 'none' ? '' : `, ${compression}`;
  const scope = complete ? 'all of it' : 'its beginning';
  return [
    `${uri}  ${formatBytes(sizeBytes)}${packed}`,
    `  read      ${scope}: ${count(records.length, 'row')}, ${count(rejects.length, 'reject')}, ${count(blankRows, 'blank row')}`,
    `  COPY      ${found.notCopyReadable === undefined ? 'could load it as it is' : `cannot load it as it is: ${found.notCopyReadable}`}`,
    ...found.doubts.map((doubt) => `  QUESTION  ${doubt}`),
    ...found.warnings.map((warning) => `  warning   ${warning}`),
    '',
    indent(
      formatTable(
        ['dialect', '', 'sure?', 'because'],
        found.findings.map((finding) => dialectRow(found, finding)),
        [],
      ),
    ),
    '',
    ...columnLines(found),
    ...sampleLines(found),
    ...rejectLines(found),
  ];
}

function dialectRow(found: Inspection, finding: Finding): string[] {
  const { property, certainty, because } = finding;
  const values: Readonly<Record<string, unknown>> = { ...found, ...found.dialect };
  const value = values[property];
  const shown = value === null ? 'none' : typeof value === 'string' ? showCharacters(value) : String(value);
  return [optionOf(finding), shown, certainty, because];
}

function showCharacters(value: string): string {
  if (/^[a-z0-9-]+$/.test(value)) return value;
  return value === '\t' ? 'tab' : value.includes(' ') ? JSON.stringify(value) : value;
}

function columnLines({ columns }: Inspection): string[] {
  if (columns.length === 0) return [];
  const rows = columns.map(({ name, type, declared = type, nulls, because, changed, dateFormat }) => [
    name,
    dateFormat === undefined ? declared : `${type} (${dateFormat.text})`,
    String(nulls),
    changed === undefined ? because : `${because}; ${changed}`,
  ]);
  return [indent(formatTable(['column', 'type', 'NULLs', 'because'], rows, [2])), ''];
}

/** The first rows, in as many columns as fit on a line. */
function sampleLines({ columns, records }: Inspection): string[] {
  if (records.length === 0) return [];
  const shown = records.slice(0, SAMPLE_ROWS);
  const widths = columns.map(({ name }, column) =>
    Math.max(...[name, ...shown.map(({ values }) => values[column] ?? 'NULL')].map((cell) => cutCell(cell).length)),
  );
  const widthOf = (kept: number) => widths.slice(0, kept).reduce((sum, width) => sum + width + 2, 8);
  const fitting = widths.findIndex((_, column) => widthOf(column + 1) > SAMPLE_WIDTH);
  const kept = fitting === -1 ? columns.length : Math.max(1, fitting);
  const header = ['line', ...columns.slice(0, kept).map(({ name }) => cutCell(name))];
  const rows = shown.map(({ line, values }) => [
    String(line),
    ...values.slice(0, kept).map((value) => (value === null ? 'NULL' : cutCell(value))),
  ]);
  const more = columns.length - kept;
  return [indent(formatTable(header, rows, [0])), ...(more > 0 ? [`  … and ${count(more, 'column')} more`] : [])];
}

function rejectLines({ rejects }: Inspection): string[] {
  if (rejects.length === 0) return [];
  const rows = rejects.slice(0, SHOWN_REJECTS).map(({ line, reason, raw }) => [String(line), reason, cutCell(raw, 60)]);
  const more = rejects.length - rows.length;
  return [
    '',
    indent(formatTable(['line', 'rejected because', 'text'], rows, [0])),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

function cutCell(text: string, width = CELL_WIDTH): string {
  const characters = [...text.slice(0, width * 2 + 2)];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : text;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

function indent(table: string): string {
  return table.replaceAll(/^/gm, '  ');
}

import { isUtf8 } from 'node:buffer';
import { AppError } from '@datasens/core/errors.ts';
import type { Dialect } from '@datasens/core/import/csv/dialect.ts';
import { inspectDelimited } from '@datasens/core/import/csv/inspect-delimited.ts';
import type { DelimitedInspection } from '@datasens/core/import/inspection.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import { readStart, sampleText } from '@datasens/core/import/source/sample-source.ts';
import { compareTable, type SurveyDatabase } from './compare-table.ts';
import type { SurveyFile } from './survey-file.ts';

/** `told` is a difference that the inspection itself points at. */
export type Outcome = 'right' | 'refused' | 'told' | 'silently different';

export interface Judgement {
  readonly name: string;
  readonly outcome: Outcome;
  readonly because: string;
  /** Annotated properties, and whether they were found. */
  readonly properties: Readonly<Record<string, boolean>>;
  /** How many of the annotated names of columns were found, in their order. */
  readonly names: { readonly right: number; readonly all: number };
}

/** Inspects and imports one file of a survey, and holds what comes of it against what people found. */
export async function judgeFile(file: SurveyFile, database: SurveyDatabase): Promise<Judgement> {
  await using source = await openFileSource(file.path);
  try {
    const found = await inspectDelimited(await sampleText(source, await readStart(source)), { source });
    const compared = compareRows(file, found);
    const difference =
      compared.outcome === 'right' ? await compareTable(database, source, found, file.rows) : undefined;
    return {
      name: file.name,
      ...(difference === undefined ? compared : { outcome: 'silently different', because: difference }),
      properties: compareProperties(file, found),
      names: compareNames(file, found),
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      name: file.name,
      outcome: 'refused',
      because: error.message,
      properties: {},
      names: { right: 0, all: file.names?.length ?? 0 },
    };
  }
}

function compareRows({ rows }: SurveyFile, found: DelimitedInspection): Pick<Judgement, 'outcome' | 'because'> {
  const { records, rejects, doubts, columns } = found;
  const words = new Set(columns.flatMap(({ missingWords = [] }) => missingWords));
  const differences: string[] = [];
  let hints = 0;
  if (records.length !== rows.length) differences.push(`${records.length} rows in place of ${rows.length}`);
  for (const [index, row] of rows.entries()) {
    const values = records[index]?.values ?? [];
    for (let column = 0; column < Math.max(row.length, values.length); column += 1) {
      const expected = row[column] ?? '';
      const value = values[column] ?? '';
      if (value === expected) continue;
      if ((expected === '' && words.has(value)) || /[\u0080-\u009f]/.test(value)) hints += 1;
      else
        differences.push(
          `row ${index + 1}, column ${column + 1}: ${JSON.stringify(value)} in place of ${JSON.stringify(expected)}`,
        );
    }
  }
  const [difference] = differences;
  const reason =
    doubts[0] ?? (rejects[0] && `${rejects.length} rejects, line ${rejects[0].line}: ${rejects[0].reason}`);
  if (reason !== undefined) return { outcome: 'refused', because: reason };
  if (difference !== undefined) return { outcome: 'silently different', because: difference };
  return hints > 0 ? { outcome: 'told', because: found.warnings.join('; ') } : { outcome: 'right', because: '' };
}

/** Line ends and encodings are judged by the bytes: the files were converted after they had been annotated. */
function compareProperties(
  { annotated, rows, bytes }: SurveyFile,
  { dialect }: DelimitedInspection,
): Record<string, boolean> {
  const isEmpty = rows.length === 0 && dialect.columns === 0;
  return {
    encoding: dialect.encoding === (isUtf8(bytes) ? 'utf-8' : 'windows-1252'),
    'line end': dialect.lineEnd === lineEndOf(bytes.toString('latin1')),
    delimiter: isEmpty || dialect.delimiter === annotated.delimiter,
    // A quote that no field is in is no difference.
    quote: isEmpty || isSameQuote(dialect, annotated.quotechar),
    escape: annotated.escapechar === '' || dialect.escape === annotated.escapechar,
    preamble: dialect.skipLines === Number(annotated.preamble_lines),
    header: isEmpty || dialect.headerRows === Number(annotated.header_lines),
    footer: dialect.footerLines === Number(annotated.footnote_lines),
  };
}

function lineEndOf(text: string): string {
  const crlf = text.match(/\r\n/g)?.length ?? 0;
  const lf = (text.match(/\n/g)?.length ?? 0) - crlf;
  return crlf > lf ? 'crlf' : 'lf';
}

function isSameQuote({ quote }: Dialect, annotated: string): boolean {
  return annotated === '' ? quote === '"' || quote === null : quote === annotated;
}

function compareNames({ names = [] }: SurveyFile, { columns }: DelimitedInspection): Judgement['names'] {
  const squeeze = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  const wanted = names.map(squeeze).filter((name) => name !== '');
  const found = columns.map(({ header = '' }) => squeeze(header)).filter((name) => name !== '');
  return { right: wanted.filter((name, index) => name === found[index]).length, all: wanted.length };
}

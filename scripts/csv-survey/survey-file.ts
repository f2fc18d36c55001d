import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One file of a survey, what people annotated, and the table that a perfect reader gets of it. */
export interface SurveyFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: Buffer;
  readonly annotated: Annotation;
  /** Without header, and without blank rows. */
  readonly rows: readonly (readonly string[])[];
  readonly names: readonly string[] | undefined;
}

/** Numbers are written as text. */
interface Annotation {
  readonly encoding: string;
  readonly delimiter: string;
  readonly quotechar: string;
  readonly escapechar: string;
  readonly row_delimiter: string;
  readonly header_lines: string;
  readonly preamble_lines: string;
  readonly footnote_lines: string;
}

/** The files of a folder with `csv/NAME`, `parameters/NAME_parameters.json` and `clean/NAME`, by name. */
export async function readSurvey(folder: string): Promise<SurveyFile[]> {
  const names = (await readdir(join(folder, 'csv'))).sort();
  return Promise.all(names.map((name) => readSurveyFile(folder, name)));
}

async function readSurveyFile(folder: string, name: string): Promise<SurveyFile> {
  const annotated: Annotation = JSON.parse(
    await readFile(join(folder, 'parameters', `${name}_parameters.json`), 'utf8'),
  );
  const clean = parseClean(await readFile(join(folder, 'clean', name), 'utf8'));
  const filled = clean.filter((row) => row.some((cell) => cell !== ''));
  // Where a file has no header its twin may have got one.
  const hasNames = Number(annotated.header_lines) > 0;
  const isMadeUp = !hasNames && filled[0]?.every((cell) => /^col_\d+$/.test(cell));
  const path = join(folder, 'csv', name);
  const bytes = await readFile(path);
  return {
    name,
    path,
    bytes,
    annotated,
    rows: filled.slice(hasNames || isMadeUp ? 1 : 0),
    names: hasNames ? (filled[0] ?? []) : undefined,
  };
}

/** RFC 4180, and nothing else: a reader of the twins that shares no line with ours. */
function parseClean(text: string): string[][] {
  const rows: string[][] = [];
  const field = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|\r|$)/gy;
  let row: string[] = [];
  while (field.lastIndex < text.length) {
    const [, cell = '', end] = field.exec(text) ?? [];
    if (end === undefined) throw new Error(`row ${rows.length + 1} of a twin is no RFC 4180`);
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push([...row, '']);
  return rows;
}

import { AppError } from '@datasens/core/errors.ts';
import { copyRows } from '@datasens/core/import/copy-rows.ts';
import { grammarOf } from '@datasens/core/import/csv/scan-record.ts';
import { Misfit } from '@datasens/core/import/parquet/misfit.ts';
import { openParquet, type ParquetFile, type ParquetTarget } from '@datasens/core/import/parquet/open-parquet.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import { quoteIdentifier } from '@datasens/core/postgres/quote.ts';
import type { Session } from '@datasens/core/postgres/session.ts';
import { ROW_NUMBER } from './compare-values.ts';

export interface LoadedParquet {
  readonly names: readonly string[];
  readonly headers: readonly (string | undefined)[];
  /** Before any of them was widened. */
  readonly types: readonly string[];
  /** Columns that became text because a value did not fit, and why. */
  readonly widened: readonly string[];
}

/** Loads a Parquet file into a new table `t`, by either way, with the types that it is given. */
export async function loadParquet(session: Session, path: string, way: 'binary' | 'text'): Promise<LoadedParquet> {
  await using source = await openFileSource(path);
  const file = await openParquet(source, { signal: new AbortController().signal });
  const types = file.columns.map(({ sqlType }) => sqlType);
  const widened: string[] = [];
  const load = way === 'binary' ? loadBinary : loadText;
  for (;;) {
    await session.query('drop table if exists t');
    const columns = file.columns.map(({ name }, index) => `${quoteIdentifier(name)} ${types[index]}`);
    await session.query(`create table t (${[...columns, `${ROW_NUMBER} bigserial`].join(', ')})`);
    const misfit = await load(session, file, types);
    if (misfit === undefined) break;
    if (types[misfit.column] === 'text') throw new AppError('InvalidInput', misfit.because);
    types[misfit.column] = 'text';
    widened.push(misfit.because);
  }
  const { columns } = file;
  return {
    names: columns.map(({ name }) => name),
    headers: columns.map(({ header }) => header),
    types: columns.map(({ sqlType }) => sqlType),
    widened,
  };
}

type Misfitting = Pick<Misfit, 'column' | 'because'>;

async function loadBinary(session: Session, file: ParquetFile, types: readonly string[]) {
  let misfit: Misfitting | undefined;
  async function* parts() {
    try {
      for await (const { bytes } of file.binaryRows(targetsOf(types))) yield bytes;
    } catch (error) {
      if (error instanceof Misfit) misfit = error;
      throw error;
    }
  }
  try {
    await session.copyFrom(`copy t (${namesOf(file)}) from stdin with (format binary)`, parts());
  } catch (error) {
    if (misfit === undefined) throw error;
  }
  return misfit;
}

async function loadText(session: Session, file: ParquetFile, types: readonly string[]) {
  const rows = copyRows(
    types.map(() => ({ type: 'text' })),
    { grammar: GRAMMAR, decimal: '.', withSource: false },
  );
  for await (const { records, rejects } of file.textRows(targetsOf(types))) {
    const [reject] = rejects;
    if (reject !== undefined) {
      const column = file.columns.findIndex(({ name }) => reject.reason.startsWith(`${name}: `));
      return { column, because: reject.reason };
    }
    for (const record of records) rows.add(record);
    const bytes = rows.slice(0, records.length);
    await session.copyFrom(`copy t (${namesOf(file)}) from stdin with (format text, encoding 'UTF8')`, only(bytes));
    rows.clear();
  }
  return undefined;
}

async function* only(bytes: Uint8Array) {
  yield bytes;
}

function namesOf({ columns }: ParquetFile): string {
  return columns.map(({ name }) => quoteIdentifier(name)).join(', ');
}

function targetsOf(types: readonly string[]): ParquetTarget[] {
  return types.map((sqlType, column) => ({ column, sqlType }));
}

/** No place of a row is escaped. */
const GRAMMAR = grammarOf({
  encoding: 'utf-8',
  byteOrderMark: false,
  lineEnd: 'lf',
  delimiter: ',',
  quote: null,
  escape: null,
  skipLines: 0,
  headerRows: 0,
  footerLines: 0,
  columns: 1,
} as never);

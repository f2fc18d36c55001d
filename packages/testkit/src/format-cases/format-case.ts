import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that another program wrote, and what it wrote (`scripts/import-report`). */
export interface FormatCase {
  readonly name: string;
  readonly path: string;
  /** With its version. */
  readonly writer: string;
  readonly what: string;
  readonly columns: readonly { readonly name: string; readonly kind: ValueKind }[];
  /** Values as the writer's own objects say them. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Whether nothing but a refusal is right. */
  readonly refused: boolean;
  /** Where the records are, in a JSON document in which that is to be told. */
  readonly records?: string;
}

export type ValueKind =
  | 'int'
  | 'decimal'
  | 'float'
  | 'float32'
  | 'bool'
  | 'text'
  | 'bytes'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'interval'
  | 'json';

/** The Parquet files of a folder, in the order of their names; each has what was written beside it, as `NAME.json`. */
export async function readParquetCases(folder: string): Promise<FormatCase[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(EXTENSION)).sort();
  return Promise.all(
    files.map(async (file) => {
      const name = file.slice(0, -EXTENSION.length);
      const expected = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
      return { refused: false, ...expected, name, path: join(folder, file) };
    }),
  );
}

const EXTENSION = '.parquet';

interface JsonCase extends Pick<FormatCase, 'writer' | 'what' | 'rows' | 'records'> {
  readonly columns: readonly string[];
  /** Of PostgreSQL. */
  readonly types: readonly string[];
}

/** The files of JSON and NDJSON of a folder; `expected.json` has what was written into all of them. */
export async function readJsonCases(folder: string): Promise<FormatCase[]> {
  const cases: Record<string, JsonCase> = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
  return Object.entries(cases).map(([name, { columns, types, ...written }]) => ({
    ...written,
    name,
    path: join(folder, name),
    columns: columns.map((column, index) => ({ name: column, kind: kindOf(types[index] ?? '') })),
    refused: false,
  }));
}

const KINDS: Readonly<Record<string, ValueKind>> = {
  bigint: 'int',
  numeric: 'decimal',
  'double precision': 'float',
  boolean: 'bool',
  jsonb: 'json',
};

function kindOf(type: string): ValueKind {
  return KINDS[type] ?? (type as ValueKind);
}

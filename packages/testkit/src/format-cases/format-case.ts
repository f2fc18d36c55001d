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

/** The files of a folder with the extension, in the order of their names. */
export async function readFormatCases(folder: string, extension: string): Promise<FormatCase[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(extension)).sort();
  return Promise.all(
    files.map(async (file) => {
      const name = file.slice(0, -extension.length);
      const expected = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
      return { refused: false, ...expected, name, path: join(folder, file) };
    }),
  );
}

import { type ColumnName, nameColumns } from '../csv/header-names.ts';
import type { SplitBatch } from '../csv/split-records.ts';
import type { Source } from '../source/source.ts';
import { type BinaryPart, binaryRows } from './binary-rows.ts';
import { valueEncoder } from './encode-value.ts';
import { type Footer, readFooter } from './footer.ts';
import { PARQUET_LIMITS, type ParquetLimits } from './limits.ts';
import { type MeantColumn, meaningOf } from './meaning.ts';
import { type RowCursorOptions, rowCursor } from './row-cursor.ts';
import { textRows } from './text-rows.ts';

export interface ParquetColumn extends ColumnName, MeantColumn {
  readonly nullable: boolean;
}

/** Where a column of the file goes. */
export interface ParquetTarget {
  /** Among the columns of the file. */
  readonly column: number;
  /** As `format_type` of PostgreSQL writes it. */
  readonly sqlType: string;
}

export interface ParquetFile {
  readonly columns: readonly ParquetColumn[];
  readonly rows: number;
  readonly rowGroups: number;
  /** The program, as it calls itself. */
  readonly writer: string | undefined;
  /** What is worth knowing, and stops nothing. */
  readonly warnings: readonly string[];
  /** Why `binaryRows` has no way that is exact to a target; nothing where it has. */
  whyNotBinary(target: ParquetTarget): string | undefined;
  /**
   * All rows for one `COPY … (FORMAT binary)` into columns of the targets' types. Throws `Misfit` for a value that is not
   * exactly one of its target's type, and `InvalidInput` for damage; either way what went before is no whole COPY.
   */
  binaryRows(targets: readonly ParquetTarget[]): AsyncGenerator<BinaryPart>;
  /** All rows as text (`textRows`). A value that does not fit makes its row a reject. Throws `InvalidInput` for damage. */
  textRows(targets: readonly ParquetTarget[]): AsyncGenerator<SplitBatch>;
}

export interface ParquetOptions extends Pick<RowCursorOptions, 'hold' | 'groupBytes' | 'signal'> {
  readonly limits?: ParquetLimits;
}

/**
 * Opens a Parquet file by its footer. Rows are read by ranges of `source`, each byte of the columns that are asked for
 * once: row groups of up to 16 MiB whole and in file order, larger ones column by column. Throws `InvalidInput` for a
 * file that is damaged, encrypted, or beyond the limits.
 */
export async function openParquet(
  source: Source,
  { signal, hold, groupBytes, limits = PARQUET_LIMITS }: ParquetOptions,
): Promise<ParquetFile> {
  const footer = await readFooter(source, limits, signal);
  const columns = columnsOf(footer);
  const cursorOn = (targets: readonly ParquetTarget[]) =>
    rowCursor(
      source,
      footer,
      targets.map(({ column }) => column),
      { limits, hold, groupBytes, signal },
    );
  const columnOf = ({ column }: ParquetTarget) => columns[column] as ParquetColumn;
  const wayTo = (target: ParquetTarget) => valueEncoder(columnOf(target).meaning, target.sqlType);

  return {
    columns,
    rows: footer.rows,
    rowGroups: footer.groups.length,
    writer: footer.writer,
    warnings: warningsOf(columns),
    whyNotBinary(target) {
      const way = wayTo(target);
      return 'because' in way ? `${columnOf(target).name}: ${way.because}` : undefined;
    },
    binaryRows(targets) {
      const encoders = targets.map((target) => {
        const way = wayTo(target);
        if ('because' in way) throw new Error(way.because);
        return way.encode;
      });
      return binaryRows(
        cursorOn(targets),
        encoders,
        targets.map((target) => columnOf(target).name),
      );
    },
    textRows: (targets) =>
      textRows(
        cursorOn(targets),
        targets.map((target) => {
          const { name, meaning } = columnOf(target);
          const way = wayTo(target);
          return { name, meaning, check: 'encode' in way ? way.encode : undefined };
        }),
      ),
  };
}

function columnsOf({ columns }: Footer): ParquetColumn[] {
  const names = nameColumns(
    columns.map(({ element }) => element.name),
    columns.length,
  );
  return columns.map((node, index) => ({
    ...(names[index] as ColumnName),
    ...meaningOf(node),
    nullable: node.element.repetition_type === 'OPTIONAL',
  }));
}

function warningsOf(columns: readonly ParquetColumn[]): string[] {
  const notes = Map.groupBy(
    columns.filter(({ note }) => note !== undefined),
    ({ note }) => note ?? '',
  );
  return [...notes].map(([note, own]) => `${listNames(own)}: ${note}`);
}

const MOST_NAMES = 8;

function listNames(columns: readonly ParquetColumn[]): string {
  const names = columns.slice(0, MOST_NAMES).map(({ name }) => JSON.stringify(name));
  const more = columns.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more columns` : names.join(', ');
}

import * as z from 'zod';
import { AppError } from '../../errors.ts';
import { delimitedReading } from '../csv/delimited-reading.ts';
import type { Dialect } from '../csv/dialect.ts';
import { splitRecords } from '../csv/split-records.ts';
import { JSON_ROWS } from '../json/json-reading.ts';
import { splitJsonRow } from '../json/split-json.ts';
import type { Reading, RejectsFormat } from '../reading.ts';
import { streamRows } from '../row-pass.ts';
import { COLUMN_TYPES } from '../types/column-type.ts';
import { parseDateFormat } from '../types/date-format.ts';
import { readRejects } from './read-rejects.ts';

const Rows = z.strictObject({
  nullWords: z.array(z.string()),
  /** In the order of the file. */
  columns: z
    .array(
      z.strictObject({
        /** Of the table. */
        name: z.string(),
        /** The key of its values, where that is another. */
        header: z.string().optional(),
        type: z.enum(COLUMN_TYPES),
        dateFormat: z.string().optional(),
      }),
    )
    .min(1),
  /** Of an upsert. */
  key: z.array(z.string()),
});

const DelimitedRows = Rows.extend({
  dialect: z.strictObject({
    delimiter: z.string().min(1),
    quote: z.string().nullable(),
    escape: z.string().nullable(),
    lineEnd: z.enum(['lf', 'crlf', 'cr', 'mixed']),
  }),
  decimal: z.enum(['.', ',']),
});

/** How the rows of a file were read. It is stored beside its rejects, which are to be read alike when they are replayed. */
const RejectsReading = z.union([DelimitedRows, Rows.extend({ format: z.literal('json') })]);
type RejectsReading = z.infer<typeof RejectsReading>;

export function formatRejectsReading(
  format: RejectsFormat,
  columns: readonly Pick<Reading['columns'][number], 'name' | 'header' | 'type' | 'dateFormat'>[],
  key: readonly string[],
): Buffer {
  const rows = {
    nullWords: [...format.nullWords],
    columns: columns.map(({ name, header, type, dateFormat }) => ({
      name,
      ...(header === undefined || header === name ? {} : { header }),
      type,
      ...(dateFormat === undefined ? {} : { dateFormat: dateFormat.text }),
    })),
    key: [...key],
  };
  const reading: RejectsReading =
    'format' in format
      ? { format: format.format, ...rows }
      : { dialect: separatorsOf(format.dialect), decimal: format.decimal, ...rows };
  return Buffer.from(`${JSON.stringify(reading, null, 2)}\n`);
}

function separatorsOf({ delimiter, quote, escape: escapeBy, lineEnd }: z.infer<typeof DelimitedRows>['dialect']) {
  return { delimiter, quote, escape: escapeBy, lineEnd };
}

/**
 * The reading of rejects, corrected or not, by what `formatRejectsReading` made; `uri` says where that is. `because` is
 * why COPY cannot have them. Throws `InvalidInput` for anything else.
 */
export function parseRejectsReading(
  bytes: Buffer,
  { uri, because }: { readonly uri: string; readonly because: string },
): Reading & Pick<RejectsReading, 'key'> {
  const parsed = z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(RejectsReading)
    .safeParse(bytes.toString('utf8'));
  if (!parsed.success) {
    throw new AppError('InvalidInput', `${uri} does not say how rejects are read: ${z.prettifyError(parsed.error)}`);
  }
  const { key, nullWords } = parsed.data;
  const columns = parsed.data.columns.map(({ name, header, type, dateFormat }) => ({
    name,
    header,
    type,
    because: 'it was read so before',
    nulls: 0,
    ...(dateFormat === undefined ? {} : { dateFormat: parseDateFormat(dateFormat) }),
  }));
  const common = { columns, warnings: [], fastPath: () => ({ because }), key };
  if ('format' in parsed.data) {
    return {
      ...JSON_ROWS,
      ...common,
      openRows: (source, planned, signal) =>
        streamRows(source, signal, (content) =>
          readRejects(content, (row) => splitJsonRow(row, planned, { nullWords })),
        ),
      rejectsFormat: { format: 'json', nullWords },
    };
  }
  const { decimal } = parsed.data;
  const dialect: Dialect = {
    ...parsed.data.dialect,
    encoding: 'utf-8',
    byteOrderMark: false,
    skipLines: 0,
    headerRows: 0,
    footerLines: 0,
    columns: columns.length,
  };
  return {
    ...delimitedReading({ dialect, decimal, nullWords, columns, notCopied: because, warnings: [] }),
    ...common,
    // The columns are those of the table.
    named: true,
    openRows: (source, _, signal) =>
      streamRows(source, signal, (content) => readRejects(content, (row) => splitRecords(row, dialect, { nullWords }))),
  };
}

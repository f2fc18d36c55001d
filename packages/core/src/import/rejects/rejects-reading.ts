import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { delimitedReading } from '../csv/delimited-reading.ts';
import { splitRecords } from '../csv/split-records.ts';
import type { DelimitedRejects, Reading, RejectsFormat } from '../reading.ts';
import { COLUMN_TYPES } from '../types/column-type.ts';
import { parseDateFormat } from '../types/date-format.ts';
import { readRejects } from './read-rejects.ts';

/** How the rows of a file were read. It is stored beside its rejects, which are to be read alike when they are replayed. */
const RejectsReading = z.strictObject({
  dialect: z.strictObject({
    delimiter: z.string().min(1),
    quote: z.string().nullable(),
    escape: z.string().nullable(),
    lineEnd: z.enum(['lf', 'crlf', 'cr', 'mixed']),
  }),
  decimal: z.enum(['.', ',']),
  nullWords: z.array(z.string()),
  /** Of the table, in the order of the file. */
  columns: z
    .array(z.strictObject({ name: z.string(), type: z.enum(COLUMN_TYPES), dateFormat: z.string().optional() }))
    .min(1),
  /** Of an upsert. */
  key: z.array(z.string()),
});

type RejectsReading = z.infer<typeof RejectsReading>;

export function formatRejectsReading(
  { dialect, decimal, nullWords }: RejectsFormat,
  columns: readonly Pick<Reading['columns'][number], 'name' | 'type' | 'dateFormat'>[],
  key: readonly string[],
): Buffer {
  const { delimiter, quote, escape: escapeBy, lineEnd } = dialect;
  const reading: RejectsReading = {
    dialect: { delimiter, quote, escape: escapeBy, lineEnd },
    decimal,
    nullWords: [...nullWords],
    columns: columns.map(({ name, type, dateFormat }) => ({
      name,
      type,
      ...(dateFormat === undefined ? {} : { dateFormat: dateFormat.text }),
    })),
    key: [...key],
  };
  return Buffer.from(`${JSON.stringify(reading, null, 2)}\n`);
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
  const { columns, decimal, nullWords, key } = parsed.data;
  const dialect = {
    ...parsed.data.dialect,
    encoding: 'utf-8',
    byteOrderMark: false,
    skipLines: 0,
    headerRows: 0,
    footerLines: 0,
    columns: columns.length,
  } as const;
  const reading = delimitedReading({
    dialect,
    decimal,
    nullWords,
    columns: columns.map(({ name, type, dateFormat }) => ({
      name,
      header: undefined,
      type,
      because: 'it was read so before',
      nulls: 0,
      ...(dateFormat === undefined ? {} : { dateFormat: parseDateFormat(dateFormat) }),
    })),
    notCopied: because,
    split: (content) => readRejects(content, (row) => splitRecords(row, dialect, { nullWords })),
    warnings: [],
  });
  // The columns are those of the table.
  return { ...reading, named: true, key };
}

import { whyNotCopyReadable } from './csv/copy-readable.ts';
import { type Dialect, refuseImpossible, type ToldDialect } from './csv/dialect.ts';
import type { Finding } from './csv/finding.ts';
import { nameColumns } from './csv/header-names.ts';
import { type CsvRecord, readRecords } from './csv/read-records.ts';
import type { Reject } from './csv/reject.ts';
import { wholeRecordsEnd } from './csv/sample-rows.ts';
import { grammarOf } from './csv/scan-record.ts';
import { sniffDialect } from './csv/sniff-dialect.ts';
import type { Compression } from './source/compression.ts';
import { sampleSource } from './source/sample-source.ts';
import type { Source } from './source/source.ts';
import type { Decimal, WantedTypes } from './types/column-type.ts';
import { whyNotCopyValues } from './types/copy-values.ts';
import type { DateFormat } from './types/date-format.ts';
import { findDecimal } from './types/find-decimal.ts';
import { type Column, inferColumns } from './types/infer-columns.ts';

/** What a person says of a file; the rest is found. */
export interface InspectInput {
  readonly source: Source;
  readonly told?: ToldDialect;
  readonly nullWords?: readonly string[];
  readonly decimal?: Decimal | undefined;
  readonly dateFormat?: DateFormat | undefined;
  readonly types?: WantedTypes;
}

export interface Inspection {
  readonly uri: string;
  readonly sizeBytes: number;
  readonly compression: Compression;
  readonly dialect: Dialect;
  readonly decimal: Decimal;
  readonly nullWords: readonly string[];
  readonly findings: readonly Finding[];
  /** What should be answered before an import. */
  readonly doubts: readonly string[];
  /** What is worth knowing, and stops nothing. */
  readonly warnings: readonly string[];
  /** Why COPY cannot load the stored bytes as they are; nothing where it can. */
  readonly notCopyReadable: string | undefined;
  readonly columns: readonly Column[];
  /** Of the sample. */
  readonly records: readonly CsvRecord[];
  readonly rejects: readonly Reject[];
  readonly blankRows: number;
  /** Whether the sample is the whole file, and its numbers those of an import. */
  readonly complete: boolean;
}

/**
 * Says what an import would make of a source, as far as its beginning and its end tell: dialect, columns and their
 * types, each with the reason, and the rows and rejects of the sample. Throws what `sampleSource` and `inferColumns`
 * throw.
 */
export async function inspect({ signal }: { readonly signal: AbortSignal }, input: InspectInput): Promise<Inspection> {
  const { source, told = {}, nullWords = [], types = 'infer', dateFormat } = input;
  refuseImpossible(told);
  const sample = await sampleSource(source, told.encoding, signal);
  const { dialect, findings, names, doubts } = sniffDialect(sample, sample.encoding, told);
  const { complete } = sample;
  const head = complete ? sample.head : sample.head.subarray(0, wholeRecordsEnd(sample.head, grammarOf(dialect)));
  const read = await readSample(head, complete ? dialect : { ...dialect, footerLines: 0 }, nullWords);
  const { records } = read;
  const decimal = findDecimal(
    records.flatMap(({ values }) => values),
    dialect.delimiter,
    input.decimal,
  );
  const columns = inferColumns(nameColumns(names, dialect.columns), records, {
    types,
    decimal: decimal.decimal,
    dateFormat,
  });
  return {
    uri: source.uri,
    sizeBytes: source.sizeBytes,
    compression: sample.compression,
    dialect,
    decimal: decimal.decimal,
    nullWords,
    findings: [...findings, decimal],
    doubts,
    warnings: listWarnings(records, columns, dialect),
    notCopyReadable:
      (sample.compression === 'none' ? whyNotCopyReadable(dialect) : 'it is compressed') ??
      whyNotCopyValues(columns, decimal.decimal, nullWords),
    columns,
    ...read,
    complete,
  };
}

async function readSample(head: Buffer, dialect: Dialect, nullWords: readonly string[]) {
  const records: CsvRecord[] = [];
  const rejects: Reject[] = [];
  let blankRows = 0;
  async function* text() {
    yield head;
  }
  for await (const batch of readRecords(text(), dialect, { nullWords })) {
    records.push(...batch.records);
    rejects.push(...batch.rejects);
    blankRows += batch.blankRows;
  }
  return { records, rejects, blankRows };
}

function listWarnings(records: readonly CsvRecord[], columns: readonly Column[], dialect: Dialect): string[] {
  const warnings: string[] = [];
  if (dialect.columns === 0) warnings.push('there is nothing in it but blank lines');
  const controls = records.filter(({ values }) =>
    values.some((value) => value !== null && /[\u0080-\u009f]/.test(value)),
  );
  if (controls.length > 0 && dialect.encoding !== 'iso-8859-1') {
    warnings.push(
      `${controls.length} rows have control characters from U+0080 to U+009F: somebody took Windows-1252 for Latin-1 before; they are left as they are`,
    );
  }
  const words = [...new Set(columns.flatMap(({ missingWords = [] }) => missingWords))];
  if (words.length > 0) {
    warnings.push(
      `some columns are text only because of ${words.map((word) => JSON.stringify(word)).join(', ')}: --null WORD makes a word mean NULL`,
    );
  }
  return warnings;
}

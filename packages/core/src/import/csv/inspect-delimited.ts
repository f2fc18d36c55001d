import type { DelimitedInspection, InspectInput } from '../inspection.ts';
import type { SourceSample } from '../source/sample-source.ts';
import { whyNotCopyValues } from '../types/copy-values.ts';
import { findDecimal } from '../types/find-decimal.ts';
import { type Column, inferColumns } from '../types/infer-columns.ts';
import { whyNotCopyReadable } from './copy-readable.ts';
import { delimitedReading } from './delimited-reading.ts';
import { type Dialect, refuseImpossible } from './dialect.ts';
import { nameColumns } from './header-names.ts';
import { type CsvRecord, readRecords } from './read-records.ts';
import type { Reject } from './reject.ts';
import { wholeRecordsEnd } from './sample-rows.ts';
import { grammarOf } from './scan-record.ts';
import { sniffDialect } from './sniff-dialect.ts';

/** Says what an import would make of delimited text. Throws what `inferColumns` throws. */
export async function inspectDelimited(sample: SourceSample, input: InspectInput): Promise<DelimitedInspection> {
  const { source, told = {}, nullWords = [], types = 'infer', dateFormat } = input;
  refuseImpossible(told);
  const { dialect, findings, names, doubts } = sniffDialect(sample, sample.encoding, told);
  const { complete } = sample;
  const head = complete ? sample.head : sample.head.subarray(0, wholeRecordsEnd(sample.head, grammarOf(dialect)));
  const read = await readSample(head, complete ? dialect : { ...dialect, footerLines: 0 }, nullWords);
  const { records, rejects, blankRows } = read;
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
  const noted = listWarnings(records, dialect);
  return {
    uri: source.uri,
    sizeBytes: source.sizeBytes,
    format: 'delimited',
    compression: sample.compression,
    dialect,
    decimal: decimal.decimal,
    nullWords,
    findings: [...findings, decimal],
    doubts,
    warnings: [
      ...noted,
      ...noteWords(columns, ({ missingWords = [] }) => missingWords.map((word) => JSON.stringify(word))),
    ],
    notCopyReadable:
      (sample.compression === 'none' ? whyNotCopyReadable(dialect) : 'it is compressed') ??
      whyNotCopyValues(columns, decimal.decimal, nullWords),
    columns,
    ...read,
    complete,
    reading: delimitedReading({
      dialect,
      decimal: decimal.decimal,
      nullWords,
      columns,
      notCopied:
        whyNotCopyReadable(dialect) ??
        (rejects.length > 0 ? 'some rows cannot be read' : undefined) ??
        (blankRows > 0 ? 'it has blank rows' : undefined),
      warnings: [
        ...noted,
        ...noteWords(columns, ({ name, missingWords }) => (missingWords ? [`a word in ${JSON.stringify(name)}`] : [])),
      ],
    }),
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

function listWarnings(records: readonly CsvRecord[], dialect: Dialect): string[] {
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
  return warnings;
}

/** What columns are text for a word or two alone, by what is said of each. */
function noteWords(columns: readonly Column[], wordsOf: (column: Column) => readonly string[]): string[] {
  const words = [...new Set(columns.flatMap(wordsOf))];
  if (words.length === 0) return [];
  return [`some columns are text only because of ${words.join(', ')}: --null WORD makes a word mean NULL`];
}

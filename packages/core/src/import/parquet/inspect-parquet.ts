import { fieldTexts } from '../csv/field-text.ts';
import type { Finding } from '../csv/finding.ts';
import type { Reject } from '../csv/reject.ts';
import { UNMARKED } from '../csv/scan-record.ts';
import type { InspectInput, Inspection } from '../inspection.ts';
import { type Column, inferColumns } from '../types/infer-columns.ts';
import { openParquet, type ParquetFile } from './open-parquet.ts';
import { parquetReading } from './parquet-reading.ts';

const SAMPLE_ROWS = 1_000;
/** More than so much is not read for them at once. */
const SAMPLE_BYTES = 524_288;

/** Says what an import would make of a Parquet file. Throws what `openParquet` and `inferColumns` throw. */
export async function inspectParquet(input: InspectInput, signal: AbortSignal): Promise<Inspection> {
  const { source, types } = input;
  const file = await openParquet(source, { signal, groupBytes: SAMPLE_BYTES });
  const { rows, rowGroups, writer, warnings } = file;
  const { records, rejects } = await readSample(file);
  const columns = columnsOf(file, types, records);
  return {
    uri: source.uri,
    sizeBytes: source.sizeBytes,
    format: 'parquet',
    compression: 'none',
    dialect: { rows, rowGroups, writer: writer ?? null },
    findings: [
      told('format', 'it begins and ends with PAR1'),
      told('rows', 'its footer says so'),
      told('rowGroups', 'its footer says so'),
      told('writer', 'its footer says so'),
    ],
    doubts: [],
    warnings,
    notCopyReadable: 'it is Parquet',
    columns,
    records,
    rejects,
    blankRows: 0,
    complete: rows === records.length + rejects.length,
    reading: parquetReading(file, columns),
  };
}

function told(property: string, because: string): Finding {
  return { property, certainty: 'certain', because };
}

/** With the types that the file declares, but for those that somebody tells. */
function columnsOf({ columns }: ParquetFile, types: InspectInput['types'], records: Inspection['records']): Column[] {
  const wanted = inferColumns(columns, [], { decimal: '.', ...(types === undefined ? {} : { types }) });
  return columns.map(({ name, header, changed, type, sqlType, because }, index) => {
    const own = { name, header, ...(changed === undefined ? {} : { changed }) };
    const nulls = records.filter(({ values }) => values[index] === null).length;
    const other = wanted[index];
    return other?.because === 'as told'
      ? { ...own, nulls, type: other.type, because: other.because }
      : { ...own, nulls, type, because, declared: sqlType };
  });
}

async function readSample({ columns, textRows }: ParquetFile) {
  const records: { line: number; values: (string | null)[] }[] = [];
  const rejects: Reject[] = [];
  for await (const batch of textRows(columns.map(({ sqlType }, column) => ({ column, sqlType })))) {
    for (const { line, bytes, places, placesAt: at } of batch.records.slice(0, SAMPLE_ROWS)) {
      records.push({ line, values: fieldTexts(bytes, places, { at, count: columns.length }, UNMARKED) });
    }
    rejects.push(...batch.rejects);
    break;
  }
  return { records, rejects };
}

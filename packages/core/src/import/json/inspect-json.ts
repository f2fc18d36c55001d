import { fieldTexts } from '../csv/field-text.ts';
import type { SplitBatch } from '../csv/split-records.ts';
import type { InspectInput, Inspection } from '../inspection.ts';
import type { SourceSample } from '../source/sample-source.ts';
import type { FoundJson } from './detect-json.ts';
import { findJsonColumns } from './json-columns.ts';
import { JSON_ROWS, jsonReading } from './json-reading.ts';
import { formatPath, type JsonShape } from './json-shape.ts';
import { splitJson } from './split-json.ts';

/** Says what an import would make of JSON. Throws what `splitJson` and `findJsonColumns` throw. */
export async function inspectJson(sample: SourceSample, found: FoundJson, input: InspectInput): Promise<Inspection> {
  const { source, nullWords = [], types, dateFormat } = input;
  const { compression, encoding, complete, head } = sample;
  const shape: JsonShape = { ...found.shape, encoding: encoding.encoding };
  const options = { types, dateFormat, nullWords };
  async function* text() {
    yield head;
  }
  const beginning = { ...options, isBeginning: !complete };
  const columns = await findJsonColumns(text(), shape, beginning);
  const planned = columns.map(({ name, header, type }) => ({ name, header, sqlType: type }));
  const batches = await Array.fromAsync(splitJson(text(), shape, planned, beginning));
  const warnings = columns.length === 0 ? ['there are no records in it'] : [];
  return {
    uri: source.uri,
    sizeBytes: source.sizeBytes,
    format: 'json',
    compression,
    dialect: { encoding: shape.encoding, byteOrderMark: encoding.byteOrderMark, records: nameShape(shape) },
    findings: [encoding, ...found.findings].map(({ property, certainty, because }) => ({
      property,
      certainty,
      because,
    })),
    doubts: found.doubts,
    warnings,
    notCopyReadable: 'it is JSON',
    columns,
    records: batches.flatMap((batch) => recordsOf(batch, columns.length)),
    rejects: batches.flatMap(({ rejects }) => rejects),
    blankRows: batches.reduce((sum, { blankRows }) => sum + blankRows, 0),
    complete,
    reading: jsonReading({ shape, columns, warnings, options }),
  };
}

function recordsOf({ records }: SplitBatch, count: number): Inspection['records'] {
  return records.map(({ line, bytes, places, placesAt: at }) => ({
    line,
    values: fieldTexts(bytes, places, { at, count }, JSON_ROWS.grammar),
  }));
}

function nameShape({ framing, path }: JsonShape): string {
  return framing === 'array' ? formatPath(path) : framing;
}

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fieldTexts } from '../csv/field-text.ts';
import { grammarOf } from '../csv/scan-record.ts';
import { inChunks } from '../csv/test-table.ts';
import { recordCheck } from '../types/record-check.ts';
import { detectJson } from './detect-json.ts';
import { findJsonColumns } from './json-columns.ts';
import { parsePath } from './json-shape.ts';
import { splitJson } from './split-json.ts';

/** Written by pandas, Polars and DuckDB (`scripts/import-report/write-json.py`), with what they were given. */
const FOLDER = new URL('../../../../../test/json-files/', import.meta.url);

interface Expected {
  readonly records?: string;
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

const FILES: Readonly<Record<string, Expected>> = JSON.parse(readFileSync(new URL('expected.json', FOLDER), 'utf8'));
const GRAMMAR = grammarOf({ delimiter: ',', quote: null, escape: null, lineEnd: 'lf' });

/** What PostgreSQL takes for the same value of the type is the same here. */
function comparable(value: string | null, type: string | undefined): unknown {
  if (value === null) return null;
  if (type === 'double precision') return Number(value);
  if (type === 'jsonb') return JSON.parse(value);
  return type === 'timestamp' ? value.replace('T', ' ') : value;
}

test.for(Object.entries(FILES))('%s has the values that its writer was given', async ([name, expected]) => {
  const stored = readFileSync(new URL(name, FOLDER));
  const head = name.endsWith('.gz') ? gunzipSync(stored) : stored;
  const told = expected.records === undefined ? undefined : parsePath(expected.records);
  const found = detectJson({ head, complete: true, uri: name }, told);
  expect(found?.doubts).toEqual([]);
  const shape = { encoding: 'utf-8', framing: 'lines', path: [], ...found?.shape } as const;
  const columns = await findJsonColumns(inChunks(head, 100), shape);
  expect(columns.map(({ header }) => header)).toEqual(expected.columns);
  expect(columns.map(({ type }) => type)).toEqual(expected.types);
  const loaded = columns.map((column) => ({ ...column, sqlType: column.type, inferred: true }));
  const misfit = recordCheck(loaded, '.', GRAMMAR);
  const batches = await Array.fromAsync(splitJson(inChunks(head, 100), shape, loaded));
  const records = batches.flatMap((batch) => batch.records);
  const rows = records.map(({ bytes, places, placesAt: at }) =>
    fieldTexts(bytes, places, { at, count: columns.length }, GRAMMAR),
  );
  const comparables = (values: readonly (string | null)[]) =>
    values.map((value, index) => comparable(value, expected.types[index]));
  expect(rows.map(comparables)).toEqual(expected.rows.map(comparables));
  expect(batches.flatMap(({ rejects }) => rejects)).toEqual([]);
  expect(records.map(misfit)).toEqual(records.map(() => -1));
});

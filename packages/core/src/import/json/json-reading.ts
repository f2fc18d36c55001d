import { UNMARKED } from '../csv/scan-record.ts';
import type { Reading } from '../reading.ts';
import { streamRows } from '../row-pass.ts';
import { openContent } from '../source/open-content.ts';
import { toUtf8 } from '../text/to-utf8.ts';
import { findJsonColumns, type JsonColumnOptions } from './json-columns.ts';
import type { JsonShape } from './json-shape.ts';
import { splitJson } from './split-json.ts';

export interface JsonText extends Pick<Reading, 'columns' | 'warnings'> {
  readonly shape: JsonShape;
  readonly options: Pick<JsonColumnOptions, 'types' | 'dateFormat' | 'nullWords'>;
}

export function jsonReading({ shape, columns, warnings, options }: JsonText): Reading {
  const { nullWords } = options;
  return {
    ...JSON_ROWS,
    columns,
    warnings,
    openRows: (source, planned, signal) =>
      streamRows(source, signal, (bytes) => splitJson(toUtf8(bytes, shape.encoding), shape, planned, { nullWords })),
    async findColumns(source, signal) {
      const { bytes } = await openContent(source, signal);
      return findJsonColumns(toUtf8(bytes, shape.encoding), shape, options);
    },
    rejectsFormat: { format: 'json', nullWords: [...(nullWords ?? [])] },
  };
}

/** Of rows that are objects of JSON, wherever they are. */
export const JSON_ROWS = {
  named: true,
  decimal: '.',
  // What has escapes is decoded by who finds it.
  grammar: UNMARKED,
  fastPath: () => ({ because: 'JSON is read row by row' }),
} as const satisfies Partial<Reading>;

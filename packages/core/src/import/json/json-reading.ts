import { UNMARKED } from '../csv/scan-record.ts';
import type { Reading } from '../reading.ts';
import { streamRows } from '../row-pass.ts';
import { openContent } from '../source/open-content.ts';
import { toUtf8 } from '../text/to-utf8.ts';
import { whyNotCopyValues } from '../types/copy-values.ts';
import { findJsonColumns, type JsonColumnOptions } from './json-columns.ts';
import type { JsonShape } from './json-shape.ts';
import { loadJson } from './load-json.ts';
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
    fastPath(planned) {
      if (nullWords !== undefined && nullWords.length > 0) return { because: 'more than null means NULL' };
      const because = whyNotCopyValues(planned, '.', []);
      return because === undefined ? { load: (job) => loadJson(job, shape) } : { because };
    },
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
} as const satisfies Partial<Reading>;

import type { Inspection } from '@datasens/core/import/inspection.ts';

/** Rows and rejects of the sample that are shown; their numbers are those of the whole sample. */
const SHOWN_ROWS = 10;
export const SHOWN_REJECTS = 20;

/** The document of `inspect --json`. */
export function inspectionJson({ records, rejects, columns, notCopyReadable, reading: _, ...found }: Inspection) {
  return {
    ...found,
    copyReadable: notCopyReadable === undefined,
    notCopyReadable: notCopyReadable ?? null,
    columns: columns.map(({ header, dateFormat, missingWords = [], changed, ...column }) => ({
      ...column,
      header: header ?? null,
      changed: changed ?? null,
      dateFormat: dateFormat?.text ?? null,
      missingWords,
    })),
    rowsRead: records.length + rejects.length,
    rowsRejected: rejects.length,
    sample: records.slice(0, SHOWN_ROWS).map(({ line, values }) => ({ line, values })),
    rejects: rejects.slice(0, SHOWN_REJECTS),
  };
}

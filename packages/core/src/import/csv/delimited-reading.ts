import { loadFast } from '../load-fast.ts';
import type { Reading } from '../reading.ts';
import { streamRows } from '../row-pass.ts';
import { toUtf8 } from '../text/to-utf8.ts';
import type { Decimal } from '../types/column-type.ts';
import { whyNotCopyValues } from '../types/copy-values.ts';
import type { Dialect } from './dialect.ts';
import { grammarOf } from './scan-record.ts';
import { splitRecords } from './split-records.ts';

export interface DelimitedText extends Pick<Reading, 'columns' | 'warnings'> {
  readonly dialect: Dialect;
  readonly decimal: Decimal;
  readonly nullWords: readonly string[];
  /** Why the bytes cannot go to COPY as they are, wherever they go; nothing where they may. */
  readonly notCopied: string | undefined;
}

export function delimitedReading({
  dialect,
  decimal,
  nullWords,
  columns,
  notCopied,
  warnings,
}: DelimitedText): Reading {
  return {
    columns,
    named: dialect.headerRows > 0,
    decimal,
    grammar: grammarOf(dialect),
    warnings,
    fastPath(planned) {
      const because = notCopied ?? whyNotCopyValues(planned, decimal, nullWords);
      return because === undefined ? { load: (job) => loadFast(job, dialect) } : { because };
    },
    openRows: (source, _, signal) =>
      streamRows(source, signal, (bytes) => splitRecords(toUtf8(bytes, dialect.encoding), dialect, { nullWords })),
    rejectsFormat: { dialect, decimal, nullWords },
  };
}

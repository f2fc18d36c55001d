import { loadFast } from '../load-fast.ts';
import type { Reading } from '../reading.ts';
import { streamRows } from '../row-pass.ts';
import { toUtf8 } from '../text/to-utf8.ts';
import type { Decimal } from '../types/column-type.ts';
import { whyNotCopyValues } from '../types/copy-values.ts';
import type { Dialect } from './dialect.ts';
import { grammarOf } from './scan-record.ts';
import { type SplitBatch, splitRecords } from './split-records.ts';

export interface DelimitedText extends Pick<Reading, 'columns' | 'warnings'> {
  readonly dialect: Dialect;
  readonly decimal: Decimal;
  readonly nullWords: readonly string[];
  /** Why the bytes cannot go to COPY as they are, wherever they go; nothing where they may. */
  readonly notCopied: string | undefined;
  /** How the decompressed bytes are split, where that is not as the dialect says. */
  readonly split?: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<SplitBatch>;
}

export function delimitedReading(text: DelimitedText): Reading {
  const { dialect, decimal, nullWords, columns, notCopied, warnings } = text;
  const splitText = (bytes: AsyncIterable<Uint8Array>) =>
    splitRecords(toUtf8(bytes, dialect.encoding), dialect, { nullWords });
  const { split = splitText } = text;
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
    openRows: (source, _, signal) => streamRows(source, signal, split),
    rejectsFormat: { dialect, decimal, nullWords },
  };
}

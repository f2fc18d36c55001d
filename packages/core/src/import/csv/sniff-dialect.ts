import type { FoundEncoding } from '../text/detect-encoding.ts';
import type { Dialect, ToldDialect } from './dialect.ts';
import { findLineEnd, refineLineEnd } from './find-line-end.ts';
import { findSeparators } from './find-separators.ts';
import { findTable } from './find-table.ts';
import { type Finding, optionOf } from './finding.ts';
import { lastLinesStart } from './line-range.ts';
import type { TextSample } from './sample.ts';
import { listSampleRows, type SampleRow } from './sample-rows.ts';
import { type Grammar, grammarOf } from './scan-record.ts';

export interface SniffedDialect {
  readonly dialect: Dialect;
  /** One for each property, and why. */
  readonly findings: readonly Finding[];
  /** The names in the header, one per column; empty where a column has none. Nothing without a header. */
  readonly names: readonly string[] | undefined;
  /** What a person should answer before anything is imported: nothing where the sniffer is sure enough. */
  readonly doubts: readonly string[];
}

/**
 * Finds the dialect of a text by a bounded sample. What is told overrides what would be found, and the rest is found in
 * its light. Pure. It is never an error: what cannot be told apart is in `doubts`.
 */
export function sniffDialect(sample: TextSample, encoding: FoundEncoding, byHand: ToldDialect = {}): SniffedDialect {
  const { head, complete, tail } = sample;
  const text = head.toString('utf8');
  const told = { ...ownWords(text), ...withoutUndefined(byHand) };
  const foundEnd = findLineEnd(text, complete);
  const guessedEnd = told.lineEnd ?? foundEnd.lineEnd;
  const { separators, findings } = findSeparators(head, complete, guessedEnd, told);
  const grammar = grammarOf({ ...separators, lineEnd: guessedEnd });
  const rows = listSampleRows(head, grammar, { complete });
  const lineEnd =
    told.lineEnd === undefined
      ? refineLineEnd(foundEnd, rows)
      : { ...foundEnd, lineEnd: told.lineEnd, certainty: 'told' as const };
  const end = complete ? undefined : tail === undefined ? [] : endRows(tail, grammar);
  const table = findTable(
    { rows, end },
    OTHER_DELIMITERS.filter((other) => !other.test(separators.delimiter)),
    told,
  );
  const { names, skipLines, headerRows, footerLines, columns } = table;
  const all = [encoding, lineEnd, ...findings, ...table.findings];
  return {
    dialect: {
      encoding: encoding.encoding,
      byteOrderMark: encoding.byteOrderMark,
      lineEnd: lineEnd.lineEnd,
      ...separators,
      skipLines,
      headerRows,
      footerLines,
      columns,
    },
    findings: all.map(({ property, certainty, because }) => ({ property, certainty, because })),
    names,
    doubts: [
      ...all
        .filter(({ certainty }) => certainty === 'unsure')
        .map((finding) => `${optionOf(finding)}: ${finding.because}`),
      ...table.doubts,
    ],
  };
}

/** What Excel writes in a first line of its own, and reads. */
function ownWords(text: string): ToldDialect {
  const [, delimiter] = /^"?sep=([^\r\n"])"?\r?\n/i.exec(text) ?? [];
  return delimiter === undefined ? {} : { delimiter, skipLines: 1 };
}

function withoutUndefined(told: ToldDialect): ToldDialect {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

const OTHER_DELIMITERS = [/,/, /;/, /\t/, /\|/];

function endRows(tail: Buffer, grammar: Grammar): SampleRow[] {
  // The last lines that are whole, for the tail may begin within one.
  const start = lastLinesStart(tail, 200, grammar.loneCr);
  const whole = start > 0 ? tail.subarray(start) : tail.subarray(tail.indexOf(0x0a) + 1);
  return listSampleRows(whole, grammar, { complete: true });
}

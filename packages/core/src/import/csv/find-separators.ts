import type { LineEnd, ToldDialect } from './dialect.ts';
import type { Finding } from './finding.ts';
import { listSampleRows, type RowLimits } from './sample-rows.ts';
import { grammarOf } from './scan-record.ts';
import { PRIORS, type ScoredSeparators, type Separators, scoreRows } from './score-rows.ts';

export interface FoundSeparators {
  readonly separators: Separators;
  readonly findings: readonly Finding<'delimiter' | 'quote' | 'escape'>[];
}

const QUOTES = ['"', "'", '`'];
const ROWS = 500;
const BYTES = 131_072;

/**
 * Delimiter, quote and escape: those under which most rows have the same number of fields, and the fields look like
 * values of one kind per column (after van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row
 * and type patterns", 2019).
 */
export function findSeparators(head: Buffer, complete: boolean, lineEnd: LineEnd, told: ToldDialect): FoundSeparators {
  const start = head.subarray(0, BYTES);
  const bytes = countLines(start) < 20 ? head : start;
  const limits = { complete: complete && bytes.length === head.length, maxRows: ROWS };
  const text = bytes.toString('utf8');
  const delimiters = told.delimiter === undefined ? candidatesIn(text) : [told.delimiter];
  const score = (delimiter: string) => bestQuoting(bytes, text, delimiter, lineEnd, limits, told);
  const scored = delimiters.map(score).sort((a, b) => b.score - a.score);
  const single = singleColumn(bytes, lineEnd, limits, told);
  const [found, second] =
    told.delimiter === undefined ? rank(scored, single) : [scored[0] as ScoredSeparators, undefined];
  const best = told.delimiter === undefined && found.everySecondIsEmpty ? score(found.delimiter.repeat(2)) : found;
  const separators = { delimiter: best.delimiter, quote: best.quote, escape: best.escape };
  return {
    separators,
    findings: [delimiterFinding(best, second, told), quoteFinding(best, text, told), escapeFinding(best, told)],
  };
}

/** Roughly: it is to tell rows that are very long. */
function countLines(bytes: Buffer): number {
  return bytes.toString('latin1').match(/\r\n?|\n/g)?.length ?? 0;
}

function candidatesIn(text: string): string[] {
  return Object.keys(PRIORS).filter((delimiter) => {
    if (delimiter.length > 1 && delimiter.endsWith(' '))
      return QUOTES.some((quote) => text.includes(delimiter + quote));
    return text.includes(delimiter);
  });
}

function rank(
  scored: readonly ScoredSeparators[],
  single: ScoredSeparators,
): [ScoredSeparators, ScoredSeparators | undefined] {
  const all = [...scored.filter(({ width }) => width > 1), single].sort((a, b) => b.score - a.score);
  return [all[0] ?? single, all[1]];
}

/** With the quote that most fields are in, if they are: a quote is one where fields begin and end with it. */
function bestQuoting(
  bytes: Buffer,
  text: string,
  delimiter: string,
  lineEnd: LineEnd,
  limits: RowLimits,
  told: ToldDialect,
): ScoredSeparators {
  const attempt = (quote: string | null, escapeBy: string | null) =>
    scoreRows(
      listSampleRows(bytes, grammarOf({ delimiter, quote, escape: escapeBy, lineEnd }), limits),
      { delimiter, quote, escape: escapeBy },
      limits,
    );
  const withEscape = (quote: string | null): ScoredSeparators => {
    if (quote === null) return attempt(null, null);
    if (told.escape !== undefined) return attempt(quote, told.escape);
    const doubled = attempt(quote, quote);
    if (!text.includes(`\\${quote}`)) return doubled;
    const backslash = attempt(quote, '\\');
    return backslash.flawedRows < doubled.flawedRows ? backslash : doubled;
  };
  if (told.quote !== undefined) return withEscape(told.quote);
  const usable = QUOTES.filter((quote) => quote !== delimiter && text.includes(quote))
    .map(withEscape)
    .filter(({ quotedFields, flawedRows }) => quotedFields > 0 && quotedFields >= flawedRows * 2)
    .sort((a, b) => b.quotedFields - b.flawedRows - (a.quotedFields - a.flawedRows));
  const [best] = usable;
  if (best !== undefined) return best;
  // None seen: the usual one may come later. One that stands within values alone is no quote.
  return text.includes('"') ? withEscape(null) : withEscape('"');
}

/** A file of one column has no delimiter; the comma is as good as any, for the reader must not find it. */
function singleColumn(bytes: Buffer, lineEnd: LineEnd, limits: RowLimits, told: ToldDialect): ScoredSeparators {
  const none = '\0';
  const found = bestQuoting(bytes, bytes.toString('utf8'), none, lineEnd, limits, told);
  const text = bytes.toString('utf8');
  const free = [',', ';', '\t', '|', '\x1f'].find((delimiter) => !text.includes(delimiter)) ?? '\x1f';
  return { ...found, delimiter: free };
}

function delimiterFinding(
  best: ScoredSeparators,
  second: ScoredSeparators | undefined,
  told: ToldDialect,
): Finding<'delimiter'> {
  const { width, share, rows, flawedRows } = best;
  const property = 'delimiter';
  const percent = `${Math.round(share * 100)} % of ${rows} rows`;
  if (told.delimiter !== undefined) {
    return { property, certainty: 'told', because: `${percent} have ${width} fields` };
  }
  const flaws = flawedRows > 0 ? `, ${flawedRows} have quotes that do not fit` : '';
  if (rows === 0) return { property, certainty: 'likely', because: 'there are no rows' };
  const rival = second === undefined ? 0 : second.score / best.score;
  const rivalName =
    second === undefined
      ? ''
      : `; ${second.width > 1 ? JSON.stringify(second.delimiter) : 'one column'} would do nearly as well`;
  if (width === 1) {
    const because = `no delimiter gives rows of one length${flaws}`;
    const isClose = rival > 0.6 || (rows < 8 && rival > 0.25);
    return { property, certainty: isClose ? 'unsure' : 'likely', because: because + (isClose ? rivalName : '') };
  }
  const because = `${percent} have ${width} fields${flaws}`;
  if (rival > 0.9) return { property, certainty: 'unsure', because: because + rivalName };
  if (share < 0.5) return { property, certainty: 'unsure', because: `only ${because}` };
  return { property, certainty: rival > 0.75 || share < 0.8 || rows < 3 ? 'likely' : 'certain', because };
}

function quoteFinding(
  { quote, quotedFields, flawedRows, halfQuoted }: ScoredSeparators,
  text: string,
  told: ToldDialect,
): Finding<'quote'> {
  const property = 'quote';
  if (told.quote !== undefined) return { property, certainty: 'told', because: `${quotedFields} fields are quoted` };
  if (quotedFields > 0) {
    const because = `${quotedFields} fields begin and end with it${flawedRows > 0 ? `, ${flawedRows} rows do not fit` : ''}`;
    return { property, certainty: flawedRows * 10 > quotedFields ? 'likely' : 'certain', because };
  }
  if (quote === null) {
    const because =
      halfQuoted > 0 ? `quotes fit no rule: ${halfQuoted} values begin with one` : 'quotes stand within values alone';
    return { property, certainty: halfQuoted > 0 ? 'unsure' : 'likely', because };
  }
  return {
    property,
    certainty: text.length > 0 ? 'likely' : 'certain',
    because: 'no field is quoted; the usual quote is assumed',
  };
}

function escapeFinding({ quote, escape: mark, quotedFields }: ScoredSeparators, told: ToldDialect): Finding<'escape'> {
  const property = 'escape';
  if (told.escape !== undefined) return { property, certainty: 'told', because: 'as told' };
  if (quote === null) return { property, certainty: 'likely', because: 'there is no quote' };
  if (mark !== quote)
    return { property, certainty: 'certain', because: 'quotes within quoted fields have a backslash before them' };
  return {
    property,
    certainty: quotedFields > 0 ? 'certain' : 'likely',
    because: 'quotes are doubled, or there are none',
  };
}

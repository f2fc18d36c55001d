import type { LineEnd } from './dialect.ts';
import type { Finding } from './finding.ts';
import type { SampleRow } from './sample-rows.ts';

export interface FoundLineEnd extends Finding {
  readonly lineEnd: LineEnd;
}

/**
 * The line end of a sample. `quote` is known only once the rows are: without it line breaks inside of values count,
 * which is why a few of another kind make no mixture.
 */
export function findLineEnd(text: string, complete: boolean): FoundLineEnd {
  const crlf = count(text, /\r\n/g);
  const lf = count(text, /\n/g) - crlf;
  // Its LF may be what the sample cut off.
  const cr = count(text.endsWith('\r') && !complete ? text.slice(0, -1) : text, /\r(?!\n)/g);
  const seen = [`${crlf} CRLF`, `${lf} LF`, `${cr} CR`].filter((kind) => !kind.startsWith('0 '));
  const found = (lineEnd: LineEnd, because: string, certainty: Finding['certainty'] = 'certain') => ({
    property: 'lineEnd',
    lineEnd,
    certainty,
    because,
  });
  if (seen.length === 0) return found('lf', 'there is no line end in the sample', 'likely');
  const because = `the sample has ${seen.join(', ')}`;
  if (cr > 0 && crlf + lf === 0) return found('cr', because);
  if (cr > (crlf + lf) * 0.1) return found('mixed', because, 'likely');
  if (crlf === 0) return found('lf', because);
  if (lf === 0) return found('crlf', because);
  return crlf >= lf ? found('crlf', because, 'likely') : found('lf', because, 'likely');
}

/** The same, once the rows are known: LF and CRLF may take turns, and what is within quotes is no line end. */
export function refineLineEnd(found: FoundLineEnd, rows: readonly SampleRow[]): FoundLineEnd {
  const ends = rows.map(({ end }) => end).filter((end) => end !== '');
  const crlf = ends.filter((end) => end === '\r\n').length;
  const lf = ends.filter((end) => end === '\n').length;
  if (crlf > 0 && lf > 0 && found.lineEnd !== 'mixed') {
    return { ...found, lineEnd: 'mixed', certainty: 'certain', because: `${crlf} rows end in CRLF, ${lf} in LF` };
  }
  if (found.lineEnd === 'crlf' && crlf === ends.length) return { ...found, certainty: 'certain' };
  return found;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What a client tool wrote on its standard error, sorted as it comes; memory stays bounded. */
export interface ToolLog {
  /** Its warnings, each on one line, the oldest first; at most 100, then a count of the rest. */
  warnings(): readonly string[];
  /** Its errors with their details and hints; or whatever it said last. */
  lastWords(): string;
  /** The SQLSTATE of the server's first error, as psql tells it with VERBOSITY=verbose. */
  sqlState(): string | undefined;
}

const MOST_WARNINGS = 100;
const MOST_ERROR_LINES = 20;
const LONGEST_LINE = 2_000;

/** The form of every line of pg_dump, pg_restore, pg_dumpall and psql with English messages. */
const LINE = /^(?:pg_\w+|psql)(?::[^:]*:\d+)?: (?:(warning|error|detail|hint): )?(.*)$/;
/** What the server says through psql, in whatever language: severity, SQLSTATE, message. */
const SERVER_MESSAGE = /^[^\s:]+ ?: +([0-9A-Z]{5}): (.*)$/;
/** Where in the server's source it was said, and the caret below a quoted line. */
const NOISE = /^[^\s:]+ ?: +\w+, [\w.]+:\d+$|^\s*\^\s*$/;
const TABLE = /^dumping contents of table "(.*)"$/;

/** Reads `stderr` to its end, whoever asks, so that a tool with much to say never blocks on a full pipe. */
export function createToolLog(stderr: Readable, onTable?: (name: string) => void): ToolLog {
  const warnings: string[] = [];
  const errors: string[] = [];
  let moreWarnings = 0;
  let last = '';
  let sqlState: string | undefined;
  /** A detail or hint belongs to the message before it. */
  let kind: 'info' | 'warning' | 'error' = 'info';

  createInterface({ input: stderr, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    if (NOISE.test(line)) return;
    const [, label, said = line] = LINE.exec(line.slice(0, LONGEST_LINE)) ?? [];
    const [, state, text = said] = (label === undefined && said !== line && SERVER_MESSAGE.exec(said)) || [];
    if (label === 'warning' || label === 'error') kind = label;
    else if (state !== undefined) kind = kindOf(state);
    else if (label === undefined && line !== said) kind = 'info';
    if (kind === 'error') sqlState ??= state;
    if (kind === 'info') {
      last = text;
      const table = TABLE.exec(text)?.[1];
      if (table !== undefined) onTable?.(table);
    } else if (kind === 'warning') {
      if (warnings.length < MOST_WARNINGS) warnings.push(text);
      else moreWarnings += 1;
    } else if (errors.length < MOST_ERROR_LINES) {
      errors.push(text);
    }
  });

  return {
    warnings: () => (moreWarnings > 0 ? [...warnings, `and ${moreWarnings} more warnings`] : warnings),
    lastWords: () => errors.join('; ') || last,
    sqlState: () => sqlState,
  };
}

/** Classes 00 to 02 are successes, warnings, and "no data" (PostgreSQL manual, appendix A). */
function kindOf(sqlState: string): 'info' | 'warning' | 'error' {
  if (sqlState.startsWith('00')) return 'info';
  return /^0[12]/.test(sqlState) ? 'warning' : 'error';
}

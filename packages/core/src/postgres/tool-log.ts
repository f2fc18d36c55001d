import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What a client tool wrote on its standard error, sorted as it comes; memory stays bounded. */
export interface ToolLog {
  /** Its warnings, each on one line, the oldest first; at most 100, then a count of the rest. */
  warnings(): readonly string[];
  /** Its errors with their details and hints; or whatever it said last. */
  lastWords(): string;
}

const MOST_WARNINGS = 100;
const MOST_ERROR_LINES = 20;
const LONGEST_LINE = 2_000;

/** The form of every line of pg_dump, pg_restore, pg_dumpall and psql with English messages. */
const LINE = /^(?:pg_\w+|psql): (?:(warning|error|detail|hint): )?(.*)$/;
const TABLE = /^dumping contents of table "(.*)"$/;

/** Reads `stderr` to its end, whoever asks, so that a tool with much to say never blocks on a full pipe. */
export function createToolLog(stderr: Readable, onTable?: (name: string) => void): ToolLog {
  const warnings: string[] = [];
  const errors: string[] = [];
  let moreWarnings = 0;
  let last = '';
  /** A detail or hint belongs to the message before it. */
  let kind: 'info' | 'warning' | 'error' = 'info';

  createInterface({ input: stderr, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    const [, label, text = line] = LINE.exec(line.slice(0, LONGEST_LINE)) ?? [];
    if (label === 'warning' || label === 'error') kind = label;
    else if (label === undefined && line !== text) kind = 'info';
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
  };
}

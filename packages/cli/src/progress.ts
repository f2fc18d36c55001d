import type { DumpProgress } from '@datasens/core/dump/dump-deps.ts';
import { formatBytes } from './output.ts';

const REDRAW_MS = 100;

export interface ProgressLine extends Disposable {
  readonly show: (progress: DumpProgress) => void;
}

/** One line on stderr that is drawn over and, in the end, wiped; silent where stderr is no terminal. */
export function progressLine(): ProgressLine {
  let drawnAt = 0;
  return {
    show({ phase, bytes, tables, tablesInAll }) {
      const last = phase === 'stage' && tables === tablesInAll;
      if (!process.stderr.isTTY || (Date.now() - drawnAt < REDRAW_MS && !last)) return;
      drawnAt = Date.now();
      const doing = phase === 'stage' ? `dumping    ${tables} of ${tablesInAll} tables` : 'reading back';
      process.stderr.write(`\r\x1b[2K${doing}  ${formatBytes(bytes)}`);
    },
    [Symbol.dispose]() {
      if (drawnAt > 0) process.stderr.write('\r\x1b[2K');
    },
  };
}

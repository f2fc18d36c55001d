import type { DumpProgress } from '@datasens/core/dump/dump-deps.ts';
import type { RestoreProgress } from '@datasens/core/restore/restore-deps.ts';
import { formatBytes } from './output.ts';

const REDRAW_MS = 100;

export interface ProgressLine extends Disposable {
  readonly show: (progress: DumpProgress | RestoreProgress) => void;
}

/** One line on stderr that is drawn over and, in the end, wiped; silent where stderr is no terminal. */
export function progressLine(): ProgressLine {
  let drawnAt = 0;
  let phase: string | undefined;
  return {
    show(progress) {
      const last = progress.phase === 'stage' && progress.tables === progress.tablesInAll;
      const soon = Date.now() - drawnAt < REDRAW_MS && progress.phase === phase && !last;
      if (!process.stderr.isTTY || soon) return;
      drawnAt = Date.now();
      phase = progress.phase;
      process.stderr.write(`\r\x1b[2K${describe(progress)}`);
    },
    [Symbol.dispose]() {
      if (drawnAt > 0) process.stderr.write('\r\x1b[2K');
    },
  };
}

function describe(progress: DumpProgress | RestoreProgress): string {
  const bytes = formatBytes(progress.bytes);
  switch (progress.phase) {
    case 'stage':
      return `dumping    ${progress.tables} of ${progress.tablesInAll} tables  ${bytes}`;
    case 'verify':
      return `reading back  ${bytes}`;
    case 'check':
      return `checking the dump  ${bytes} of ${formatBytes(progress.bytesInAll)}`;
    case 'restore':
      return progress.bytesInAll > 0 ? `restoring  ${bytes} of ${formatBytes(progress.bytesInAll)} read` : 'restoring';
    case 'prove':
      return 'comparing with the proof';
    case 'finish':
      return 'committing';
  }
}

import type { DumpProgress } from '@datasens/core/dump/dump-deps.ts';
import type { ImportProgress } from '@datasens/core/import/import-request.ts';
import type { RestoreProgress } from '@datasens/core/restore/restore-deps.ts';
import { formatBytes } from './output.ts';

const REDRAW_MS = 100;

export interface ProgressLine extends Disposable {
  readonly show: (progress: DumpProgress | RestoreProgress | ImportProgress) => void;
}

/** One line on stderr that is drawn over and, in the end, wiped; silent where stderr is no terminal. */
export function progressLine(): ProgressLine {
  let drawnAt = 0;
  let phase: string | undefined;
  let startedAt = Date.now();
  return {
    show(progress) {
      const last = progress.phase === 'stage' && progress.tables === progress.tablesInAll;
      const soon = Date.now() - drawnAt < REDRAW_MS && progress.phase === phase && !last;
      if (!process.stderr.isTTY || soon) return;
      drawnAt = Date.now();
      if (progress.phase !== phase) startedAt = drawnAt;
      phase = progress.phase;
      process.stderr.write(`\r\x1b[2K${describeProgress(progress, drawnAt - startedAt)}`);
    },
    [Symbol.dispose]() {
      if (drawnAt > 0) process.stderr.write('\r\x1b[2K');
    },
  };
}

/** `elapsedMs` is how long its phase has taken so far. */
export function describeProgress(progress: DumpProgress | RestoreProgress | ImportProgress, elapsedMs: number): string {
  const bytes = formatBytes(progress.bytes);
  switch (progress.phase) {
    case 'stage':
      return `dumping    ${progress.tables} of ${progress.tablesInAll} tables  ${bytes}`;
    case 'verify':
      return `reading back  ${bytes}`;
    case 'check':
      if ('rows' in progress) return `imported before?  ${bytes} of ${formatBytes(progress.bytesInAll)} read`;
      return `checking the dump  ${bytes} of ${formatBytes(progress.bytesInAll)}`;
    case 'restore':
      return progress.bytesInAll > 0 ? `restoring  ${bytes} of ${formatBytes(progress.bytesInAll)} read` : 'restoring';
    case 'load':
      return `loading  ${bytes} of ${formatBytes(progress.bytesInAll)}  ${describeRows(progress, elapsedMs)}`;
    case 'prove':
      return 'comparing with the proof';
    case 'finish':
      return 'committing';
  }
}

/** `1,200 rows  310,000 rows/s  12 s left`. */
function describeRows({ rows, bytes, bytesInAll }: ImportProgress, elapsedMs: number): string {
  const counted = `${rows.toLocaleString('en')} rows`;
  if (elapsedMs < 1_000 || bytes === 0) return counted;
  const perSecond = Math.round((rows * 1_000) / elapsedMs).toLocaleString('en');
  const leftS = Math.ceil(((bytesInAll - bytes) / bytes) * (elapsedMs / 1_000));
  return `${counted}  ${perSecond} rows/s  ${leftS.toLocaleString('en')} s left`;
}

import type { ImportMode, ImportPath } from '../audit/import-entry.ts';
import type { LoadJob, LoadOutcome } from './load-job.ts';
import { loadTolerant } from './load-tolerant.ts';
import { loadUpsert } from './load-upsert.ts';
import type { LoadColumn } from './plan-import.ts';
import type { Reading } from './reading.ts';

export interface ChosenPath {
  readonly path: ImportPath;
  /** Why not the fast one. */
  readonly because?: string;
  load(job: LoadJob): Promise<LoadOutcome>;
}

/** Which way the rows go: the fast one, unless the format, the mode or a pass that found it `odd` is against it. */
export function choosePath(
  reading: Pick<Reading, 'fastPath'>,
  columns: readonly LoadColumn[],
  { mode, odd }: { readonly mode: ImportMode; readonly odd: string | undefined },
): ChosenPath {
  const fast = odd === undefined ? reading.fastPath(columns) : { because: odd };
  if (mode === 'upsert') {
    const because = 'because' in fast ? fast.because : 'keys are looked at row by row';
    return { path: 'tolerant', because, load: loadUpsert };
  }
  return 'because' in fast
    ? { path: 'tolerant', because: fast.because, load: loadTolerant }
    : { path: 'fast', ...fast };
}

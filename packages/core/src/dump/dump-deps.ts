import type { SourceDeps } from '../deps.ts';

/** What the steps of a dump need beyond `SourceDeps`. */
export interface DumpDeps extends SourceDeps {
  /** Called as often as anything moves; whoever shows it decides how often to look. */
  readonly onProgress?: (progress: DumpProgress) => void;
}

export interface DumpProgress {
  readonly phase: 'stage' | 'verify';
  /** Bytes of data written to the storage, or read back from it. */
  readonly bytes: number;
  /** Tables that pg_dump is done with, of how many. */
  readonly tables: number;
  readonly tablesInAll: number;
}

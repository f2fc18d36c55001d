import type { Deps } from '../deps.ts';
import type { ToolSearch } from '../postgres/client-tools.ts';
import type { DatabaseTarget } from '../postgres/target.ts';

/** What the steps of a dump need beyond `Deps`. */
export interface DumpDeps extends Deps {
  /** The databases that may be dumped, by name. */
  readonly sources: ReadonlyMap<string, DatabaseTarget>;
  readonly toolSearch: ToolSearch;
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

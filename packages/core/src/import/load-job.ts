import type { Session } from '../postgres/session.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { ImportDeps } from './import-request.ts';
import type { LoadColumn } from './plan-import.ts';
import type { Reading } from './reading.ts';
import type { RejectList } from './rejects/reject-list.ts';
import type { Source } from './source/source.ts';

/** One pass over a file, into a table that is there and locked, within the transaction of `session`. */
export interface LoadJob {
  readonly deps: Pick<ImportDeps, 'signal' | 'onProgress'>;
  readonly session: Session;
  readonly source: Source;
  readonly reading: Reading;
  readonly table: RelationName;
  readonly columns: readonly LoadColumn[];
  readonly key: readonly string[];
  readonly rejects: RejectList;
}

/** How a pass ended. */
export type LoadOutcome =
  | {
      readonly kind: 'loaded';
      readonly rowsRead: number;
      readonly rowsInserted: number;
      readonly rowsUpdated: number;
      /** Of the stored bytes, all of which were read. */
      readonly sha256: string;
      readonly sizeBytes: number;
    }
  /** COPY does not read this file as we do. */
  | { readonly kind: 'odd'; readonly because: string }
  /** A value is none of the inferred type of its column. */
  | { readonly kind: 'broken type'; readonly column: number }
  /** A row has a key that no column is for. */
  | ({ readonly kind: 'late key' } & LateKey);

/** A key of a row for which the beginning of the file has no column. */
export interface LateKey {
  readonly key: string;
  /** Of the first row that has it. */
  readonly line: number;
}

/** Constraints that wait for the commit are checked now: what breaks them is still known. */
export const CHECK_DEFERRED = 'set constraints all immediate';

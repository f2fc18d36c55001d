import type { Session } from '../postgres/session.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import type { ImportDeps, ImportRequest } from './import-request.ts';
import type { Reading } from './reading.ts';

/** One import under way, on a session of its own. */
export interface Attempt {
  readonly deps: ImportDeps;
  readonly request: ImportRequest;
  readonly reading: Reading;
  readonly target: DatabaseTarget;
  readonly session: Session;
  readonly startedAt: Date;
}

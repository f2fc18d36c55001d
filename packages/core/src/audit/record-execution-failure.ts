import type { Deps } from '../deps.ts';
import { appendEvent } from './append-event.ts';
import type { JsonObject } from './journal-event.ts';
import { lockTransaction } from './locks.ts';
import { mirrorAfterCommit } from './mirror-journal.ts';
import { errorOf } from './record-failure.ts';

export interface ExecutionFailure {
  /** The dump that it was about: of several in one execution each has its own failure. */
  readonly dumpId?: number | undefined;
  readonly user: string;
  readonly error: unknown;
  /** What was tried. */
  readonly detail: JsonObject;
}

/**
 * Journals ECHEC for an execution that came to nothing, or did so for one dump, unless one of its steps has already.
 * However often it is called, the execution has one.
 */
export async function recordExecutionFailure(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'log'> & { readonly execution: string },
  { dumpId, user, error, detail }: ExecutionFailure,
): Promise<{ readonly recorded: boolean }> {
  const { db, execution } = deps;
  const recorded = await db.transaction(async (tx) => {
    // Before the question, so that of two calls at once one is told.
    await lockTransaction(tx, 'journal');
    const { rows } = await tx.query(
      `select from t39_dump_evenement
        where substring(detail from '"execution":"([^"]*)"') = $1 and evenement in ('ECHEC', 'REJETE')
          and ($2::bigint is null or dump_id = $2) limit 1`,
      [execution, dumpId ?? null],
    );
    if (rows.length > 0) return false;
    await appendEvent(tx, {
      event: 'ECHEC',
      ...(dumpId === undefined ? {} : { dumpId }),
      user,
      detail: { ...detail, execution, error: errorOf(error) },
    });
    return true;
  });
  const { mirrorError } = await mirrorAfterCommit(deps);
  if (mirrorError) deps.log(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
  return { recorded };
}

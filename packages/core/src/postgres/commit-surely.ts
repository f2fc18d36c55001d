import { AppError } from '../errors.ts';
import { askAgain } from './ask-again.ts';
import type { Queryable } from './database.ts';
import { sqlState } from './server-error.ts';
import { openSession } from './session.ts';
import { type DatabaseTarget, describeTarget } from './target.ts';

/**
 * Commits the transaction of `tx`, and knows whether it did: where the connection is lost meanwhile, the server is asked.
 * Throws `Transient` when it did not, and the server's error when it refused.
 */
export async function commitSurely(target: DatabaseTarget, tx: Queryable): Promise<void> {
  const { rows } = await tx.query<{ xid: string }>('select pg_catalog.pg_current_xact_id()::text as xid');
  const xid = rows[0]?.xid;
  try {
    await tx.query('commit');
  } catch (error) {
    // What the server itself refused did not happen; of anything else, an interruption too, only the server knows.
    const state = sqlState(error);
    if (state !== undefined && !/^(08|57)/.test(state)) throw error;
    const open = () => openSession(target, { applicationName: 'datasens commit' });
    const status = await askAgain(open, async (session) => {
      const answer = await session.query<{ status: string | null }>(
        'select pg_catalog.pg_xact_status($1::xid8) as status',
        [xid],
      );
      const said = answer.rows[0]?.status;
      return said === 'in progress' ? undefined : said;
    });
    if (status === 'committed') return;
    if (status === 'aborted') throw error;
    throw new AppError(
      'Transient',
      `the connection to ${describeTarget(target)} was lost while the import was committed, and nobody can say whether it was. Import again: what is in is found, and is not loaded twice`,
      { cause: error },
    );
  }
}

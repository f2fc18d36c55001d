import * as z from 'zod';
import { AppError, isAppError } from '../errors.ts';
import { Backend, endBackend } from './backend.ts';
import type { Queryable } from './database.ts';
import { openMaintenance } from './restore-target.ts';
import { openSession } from './session.ts';
import { type DatabaseTarget, describeTarget } from './target.ts';

/**
 * What makes a restore stand: the COMMIT of a transaction, or the name that a database gets. Written down before it is
 * taken, it lets whoever comes later ask the server whether it was. `system` is the cluster's own number, for both of
 * the others mean something else in another.
 */
export const DecisiveStep = z.union([
  z.strictObject({ system: z.string(), transaction: z.string().regex(/^\d+$/) }),
  z.strictObject({ system: z.string(), database: z.int().positive(), name: z.string(), by: Backend }),
]);
export type DecisiveStep = z.infer<typeof DecisiveStep>;

const SYSTEM = '(select system_identifier::text from pg_catalog.pg_control_system())';

/** The COMMIT of the open transaction. */
export async function commitOf(tx: Queryable): Promise<DecisiveStep> {
  const { rows } = await tx.query<{ system: string; transaction: string }>(
    `select ${SYSTEM} as system, pg_catalog.pg_current_xact_id()::text as transaction`,
  );
  const [row] = rows;
  if (!row) throw new Error('the server did not name the transaction');
  return row;
}

/** That the database of number `oid` is called `name` from now on, which the session of `by` does. */
export async function renamingOf(session: Queryable, oid: number, name: string, by: Backend): Promise<DecisiveStep> {
  return { system: await systemOf(session), database: oid, name, by };
}

/**
 * Whether it was taken, by somebody who is gone. Throws `Transient` while that is not decided, `Conflict` where the server is another one or has
 * forgotten, and what `openSession` throws.
 */
export async function wasTaken(target: DatabaseTarget, step: DecisiveStep, signal: AbortSignal): Promise<boolean> {
  try {
    const applicationName = 'datasens restore';
    await using session = await ('transaction' in step
      ? openSession(target, { applicationName, signal })
      : openMaintenance(target, applicationName, signal));
    if ((await systemOf(session)) !== step.system) throw untold(target, 'another server answers there now');
    if ('transaction' in step) return await hasCommitted(session, target, step.transaction);
    // Whoever is gone may have sent the command, and the server not have come to it.
    await endBackend(session, step.by);
    return (await nameOf(session, step.database)) === step.name;
  } catch (error) {
    // With its database, what was done to it is gone.
    if (isAppError(error, 'NotFound')) return false;
    throw error;
  }
}

async function hasCommitted(session: Queryable, target: DatabaseTarget, transaction: string): Promise<boolean> {
  const { rows } = await session.query<{ status: string | null }>(
    'select pg_catalog.pg_xact_status($1::xid8) as status',
    [transaction],
  );
  const status = rows[0]?.status ?? null;
  if (status === null) throw untold(target, `the server has forgotten its transaction ${transaction}`);
  if (status !== 'in progress') return status === 'committed';
  throw new AppError(
    'Transient',
    `an earlier try at this restore into ${describeTarget(target)} is still being rolled back or committed`,
  );
}

async function nameOf(session: Queryable, oid: number): Promise<string | undefined> {
  const { rows } = await session.query<{ name: string }>(
    'select datname::text as name from pg_catalog.pg_database where oid = $1',
    [oid],
  );
  return rows[0]?.name;
}

async function systemOf(session: Queryable): Promise<string> {
  const { rows } = await session.query<{ system: string }>(`select ${SYSTEM} as system`);
  return rows[0]?.system ?? '';
}

function untold(target: DatabaseTarget, because: string): AppError {
  return new AppError(
    'Conflict',
    `an earlier try at this restore into ${describeTarget(target)} was cut off as it was about to stand, and whether it ` +
      `does cannot be told: ${because}. Look what the database holds, then start another restore`,
  );
}

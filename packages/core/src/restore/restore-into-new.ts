import { isAppError } from '../errors.ts';
import type { ClientTools } from '../postgres/client-tools.ts';
import type { Comparison } from '../postgres/compare-proof.ts';
import type { Queryable } from '../postgres/database.ts';
import { openPsql } from '../postgres/psql-session.ts';
import { openSession } from '../postgres/session.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import { makeRoom, moveSchema } from './move-schema.ts';
import { openArchive } from './open-archive.ts';
import { proveRestore } from './prove-restore.ts';
import type { BeforeDecision, RestoreDeps } from './restore-deps.ts';
import { restoreFoundations } from './restore-foundations.ts';
import { restoreInTransaction } from './restore-in-transaction.ts';
import type { RestorePlan } from './restore-plan.ts';
import { scriptOf } from './script-input.ts';
import { createTemporaryDatabase, type TemporaryDatabase } from './temporary-database.ts';

/** The commits in between need not reach the disk one by one: that of the last step takes them along. */
const SETTINGS = { synchronous_commit: 'off', statement_timeout: '0', idle_in_transaction_session_timeout: '0' };

export interface NewDatabaseOptions {
  /** Whether it gets its name, rather than being dropped again. */
  readonly keep?: boolean;
  /** Whether a locale that the server lacks is replaced by C. */
  readonly anyLocale?: boolean;
  readonly beforeDecision?: BeforeDecision;
}

/**
 * Restores into a database that is not there: under a temporary name, proven, then renamed, so that whoever finds it
 * under its own name finds it whole. A process that is killed leaves the temporary one behind.
 */
export async function restoreIntoNew(
  deps: RestoreDeps,
  plan: RestorePlan,
  target: DatabaseTarget,
  tools: ClientTools,
  { keep = true, anyLocale = false, beforeDecision }: NewDatabaseOptions = {},
): Promise<Comparison> {
  const { dumpId, serverMajor, manifest } = plan;
  const { signal, log } = deps;
  await using temporary = await createTemporaryDatabase({
    server: target,
    dumpId,
    serverMajor,
    source: manifest.database,
    anyLocale,
    log,
    signal,
  });
  const comparison = plan.oneTransaction
    ? await restoreInTransaction(deps, plan, temporary.target, tools)
    : await restoreInPieces(deps, plan, temporary, tools);
  if (!keep) return comparison;
  if (beforeDecision) await beforeDecision(await temporary.renamingTo(target.database), comparison);
  await temporary.rename(target.database);
  return comparison;
}

/** In as many transactions as it takes. */
async function restoreInPieces(
  deps: RestoreDeps,
  plan: RestorePlan,
  temporary: TemporaryDatabase,
  tools: ClientTools,
): Promise<Comparison> {
  const { target } = temporary;
  await within(deps, plan, target, (tx) => makeRoom(tx, plan));
  await fill(deps, plan, target, tools).catch(async (error: unknown) => {
    // pg_restore exits alike whether its server is gone or the archive is to blame.
    if (isAppError(error, 'ToolFailed')) await temporary.expectConnected();
    throw error;
  });
  return within(deps, plan, target, async (tx) => {
    const compared = await proveRestore(deps, plan, tx);
    await moveSchema(tx, plan);
    return compared;
  });
}

async function fill(deps: RestoreDeps, plan: RestorePlan, target: DatabaseTarget, tools: ClientTools): Promise<void> {
  const { signal } = deps;
  const session = { applicationName: `datasens restore ${plan.dumpId}`, settings: SETTINGS };
  if (plan.manifest.dumpFormat === 'custom') {
    const schemas = plan.fromSchema === null ? [] : [plan.fromSchema];
    const there = { schemas, extensions: [] };
    await restoreFoundations(deps, plan, tools, there, (archive) => archive.restoreInto(target, session));
    await using archive = await openArchive(deps, plan, tools, there);
    await archive.restoreInto(target, session);
    return;
  }
  // Not in a transaction of ours: a script may have its own.
  await using psql = await openPsql(target, tools, { ...session, signal, transaction: false });
  await psql.run((pipe, reading) => pipe.write(scriptOf(deps, plan), reading));
}

/** Runs `work` in a transaction of the new database. */
async function within<T>(
  deps: RestoreDeps,
  { dumpId }: RestorePlan,
  target: DatabaseTarget,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const applicationName = `datasens restore ${dumpId}`;
  await using session = await openSession(target, { applicationName, settings: SETTINGS, signal: deps.signal });
  await session.query('begin');
  const result = await work(session);
  await session.query('commit');
  return result;
}

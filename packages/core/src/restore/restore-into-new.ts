import { randomBytes } from 'node:crypto';
import type { ClientTools } from '../postgres/client-tools.ts';
import type { Comparison } from '../postgres/compare-proof.ts';
import { runnableScript } from '../postgres/plain-script.ts';
import { openPsql } from '../postgres/psql-session.ts';
import { openSession } from '../postgres/session.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import { readData } from './archive-input.ts';
import { moveSchema } from './move-schema.ts';
import { openArchive } from './open-archive.ts';
import { proveRestore } from './prove-restore.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';
import { createTemporaryDatabase } from './temporary-database.ts';

/** The commits in between need not reach the disk one by one: that of the last step takes them along. */
const SETTINGS = { synchronous_commit: 'off', statement_timeout: '0', idle_in_transaction_session_timeout: '0' };

/**
 * Restores into a database that is not there: under a temporary name, proven, then renamed, so that whoever finds it
 * under its own name finds it whole. A process that is killed leaves the temporary one behind.
 */
export async function restoreIntoNew(
  deps: RestoreDeps,
  plan: RestorePlan,
  target: DatabaseTarget,
  tools: ClientTools,
  { keep = true, anyLocale = false }: { readonly keep?: boolean; readonly anyLocale?: boolean } = {},
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
  await fill(deps, plan, temporary.target, tools);
  const comparison = await prove(deps, plan, temporary.target);
  if (keep) await temporary.rename(target.database);
  return comparison;
}

async function fill(deps: RestoreDeps, plan: RestorePlan, target: DatabaseTarget, tools: ClientTools): Promise<void> {
  const { signal } = deps;
  const session = { applicationName: `datasens restore ${plan.dumpId}`, settings: SETTINGS };
  if (plan.manifest.dumpFormat === 'custom') {
    await using archive = await openArchive(deps, plan, tools, { schemas: [], extensions: [] });
    return archive.restoreInto(target, session);
  }
  // Not in a transaction of ours: a script may have its own.
  await using psql = await openPsql(target, tools, { ...session, signal, transaction: false });
  await psql.run((pipe, reading) => pipe.write(scriptOf(deps, plan), reading));
}

/** A plain dump as psql may run it. */
export function scriptOf(deps: RestoreDeps, plan: RestorePlan): AsyncIterable<Uint8Array> {
  const { owners, privileges } = plan;
  return runnableScript(readData(deps, plan), { restrictKey: randomBytes(16).toString('hex'), owners, privileges });
}

async function prove(deps: RestoreDeps, plan: RestorePlan, target: DatabaseTarget): Promise<Comparison> {
  await using session = await openSession(target, {
    applicationName: `datasens restore ${plan.dumpId}`,
    settings: SETTINGS,
    signal: deps.signal,
  });
  await session.query('begin');
  const comparison = await proveRestore(deps, plan, session);
  await moveSchema(session, plan);
  await session.query('commit');
  return comparison;
}

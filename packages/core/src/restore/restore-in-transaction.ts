import { listLockHolders, tryLockTransaction } from '../audit/locks.ts';
import { waitForLock } from '../audit/wait-for-lock.ts';
import { AppError, isAppError } from '../errors.ts';
import type { ClientTools } from '../postgres/client-tools.ts';
import type { Comparison } from '../postgres/compare-proof.ts';
import { commitOf } from '../postgres/decisive-step.ts';
import { readDefaultPrivileges } from '../postgres/default-privileges.ts';
import { watchLocks } from '../postgres/lock-watchdog.ts';
import { takeInventory } from '../postgres/object-inventory.ts';
import { openPsql, type PsqlSession } from '../postgres/psql-session.ts';
import { sqlState } from '../postgres/server-error.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import type { ApprovalGate } from './approval-gate.ts';
import type { AlreadyThere } from './archive-entries.ts';
import { cancelImports } from './cancel-imports.ts';
import { makeRoom, moveSchema } from './move-schema.ts';
import { type OpenedArchive, openArchive, type Part } from './open-archive.ts';
import { proveRestore } from './prove-restore.ts';
import { dropObjects, expectNothingMissing } from './replace-objects.ts';
import type { BeforeDecision, RestoreDeps } from './restore-deps.ts';
import { restoreFoundations } from './restore-foundations.ts';
import type { RestorePlan } from './restore-plan.ts';
import { scriptOf } from './script-input.ts';

/**
 * Restores into a database that is there, in one transaction: until its COMMIT, which follows the proof, nobody sees
 * any of it, and whatever ends us before leaves the database as it was.
 */
export async function restoreInTransaction(
  deps: RestoreDeps,
  plan: RestorePlan,
  target: DatabaseTarget,
  tools: ClientTools,
  { gate, beforeDecision }: { readonly gate?: ApprovalGate; readonly beforeDecision?: BeforeDecision } = {},
): Promise<Comparison> {
  const failure = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([deps.signal, failure.signal]);
  await using psql = await openPsql(target, tools, {
    applicationName: `datasens restore ${plan.dumpId}`,
    signal,
    transaction: true,
  });
  const watch = watchLocks(target, { backend: psql.backend, patienceMs: plan.lockTimeoutMs, signal: done.signal });
  watch.catch((error: unknown) => failure.abort(error));
  try {
    await lockTarget(psql, target, { patienceMs: plan.lockTimeoutMs, signal });
    await gate?.enter(psql);
    await makeRoom(psql, plan);
    const transaction = await transactionOf(psql);
    const defaults = plan.privileges ? await readDefaultPrivileges(psql) : undefined;
    for (const statement of defaults?.aside ?? []) await psql.query(statement);
    await runScript(deps, plan, { psql, target, tools, signal }).catch((error: unknown) => {
      throw withRemedy(error, plan);
    });
    for (const statement of defaults?.back ?? []) await psql.query(statement);
    if ((await transactionOf(psql)) !== transaction) throw endedTransaction(plan);
    const comparison = await proveRestore(deps, plan, psql);
    await moveSchema(psql, plan);
    await cancelImports(deps, plan, psql);
    await gate?.pass();
    if (beforeDecision) await beforeDecision(await commitOf(psql), comparison);
    // Nothing may cut it off any more: its outcome is asked for.
    done.abort();
    await psql.commit();
    return comparison;
  } finally {
    done.abort();
    await watch.catch(() => undefined);
  }
}

async function runScript(
  deps: RestoreDeps,
  plan: RestorePlan,
  { psql, target, tools, signal }: InTransaction,
): Promise<void> {
  if (plan.manifest.dumpFormat === 'plain')
    return psql.run((pipe, reading) => pipe.write(scriptOf(deps, plan), reading));

  const run = (archive: OpenedArchive, part: Part) =>
    psql.run((pipe, reading) => archive.writeScript(pipe, part, AbortSignal.any([signal, reading])));
  const there = await listThere(psql);
  await restoreFoundations(deps, plan, tools, there, async (archive) => {
    for (const part of archive.parts) await run(archive, part);
  });
  await using archive = await openArchive(deps, plan, tools, there);
  const before = plan.clean ? await takeInventory(psql) : undefined;
  if (before) await dropObjects(psql, await archive.readDrops());
  for (const part of archive.parts) {
    await run(archive, part);
    // Most of what stands in the way shows before the rows are loaded, which may take hours.
    if (before) await expectNothingMissing(psql, before, target, { early: part !== 'rows' });
  }
}

interface InTransaction {
  readonly psql: PsqlSession;
  readonly target: DatabaseTarget;
  readonly tools: ClientTools;
  readonly signal: AbortSignal;
}

/** SQLSTATEs of what is there already (PostgreSQL manual, Appendix A). */
const DUPLICATES = new Set(['42P06', '42P07', '42710', '42723']);

function withRemedy(error: unknown, { mode, clean, manifest }: RestorePlan): unknown {
  if (clean || !isAppError(error) || !DUPLICATES.has(sqlState(error) ?? '')) return error;
  const replaces = mode === 'in-place' && manifest.dumpFormat === 'custom';
  const replace = replaces ? 'Say --clean to replace what is there, or restore' : 'Restore';
  return new AppError('Conflict', `${error.message}. ${replace} into a database that does not exist yet (--into)`, {
    cause: error,
    ...error.details,
  });
}

/** The last line of defence: `checkScript` has looked for what could do that. */
function endedTransaction({ dumpId }: RestorePlan): AppError {
  return new AppError(
    'CorruptDump',
    `dump ${dumpId} ended the transaction in which it was restored: parts of it may stand in the target`,
    { dumpId },
  );
}

async function transactionOf(psql: PsqlSession): Promise<string | undefined> {
  const { rows } = await psql.query<{ xid: string }>('select pg_catalog.pg_current_xact_id()::text as xid');
  return rows[0]?.xid;
}

/** Keeps out every other restore into the database, and every import, whoever keeps their audit where. */
async function lockTarget(
  psql: PsqlSession,
  target: DatabaseTarget,
  wait: { readonly patienceMs: number; readonly signal: AbortSignal },
): Promise<void> {
  await waitForLock({
    ...wait,
    take: () => tryLockTransaction(psql, 'target'),
    holders: () => listLockHolders(psql, 'target'),
    underWay: `another restore into ${describeTarget(target)}, or an import, is under way`,
  });
}

async function listThere(psql: PsqlSession): Promise<AlreadyThere> {
  const { rows } = await psql.query<AlreadyThere>(
    `select array(select nspname::text from pg_catalog.pg_namespace where nspname !~ '^pg_') as schemas,
            array(select extname::text from pg_catalog.pg_extension where extconfig is null) as extensions`,
  );
  return rows[0] ?? { schemas: [], extensions: [] };
}

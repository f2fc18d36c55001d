import { recordCancellations } from '../audit/cancellations.ts';
import { findDump } from '../audit/find-dump.ts';
import type { JsonObject } from '../audit/journal-event.ts';
import { recordEvent } from '../audit/record-event.ts';
import { recordFailure } from '../audit/record-failure.ts';
import { whileStored } from '../audit/while-stored.ts';
import { openDump } from '../catalog/open-dump.ts';
import { isAppError } from '../errors.ts';
import { findClientTools } from '../postgres/client-tools.ts';
import type { Comparison } from '../postgres/compare-proof.ts';
import { describeTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import { planRestore } from './plan-restore.ts';
import type { RestoreDeps } from './restore-deps.ts';
import { restoreInTransaction } from './restore-in-transaction.ts';
import { restoreIntoNew } from './restore-into-new.ts';
import type { RestorePlan, RestoreRequest } from './restore-plan.ts';

export interface RestoreResult {
  readonly plan: RestorePlan;
  /** `host:port/database`. */
  readonly target: string;
  readonly comparison: Comparison;
  readonly durationMs: number;
  readonly warnings: readonly string[];
}

/** A restore from request to proof: check, then restore, which are states of workflows/restore. */
export async function runRestore(deps: RestoreDeps, request: RestoreRequest): Promise<RestoreResult> {
  const { dumpId } = await findDump(deps.db, request.dump, deps.store.uri);
  return await whileStored(deps, dumpId, async () => {
    const plan = await planRestore(deps, request).catch(async (error: unknown) => {
      // As `verify` does: that a dump is damaged is worth knowing, whoever finds it.
      if (isAppError(error, 'CorruptDump')) {
        await recordFailure(deps, { dumpId, user: request.user, error, detail: { doing: 'restore' } });
      }
      throw error;
    });
    return await carryOut(deps, plan);
  });
}

/** Carries out a plan that was made before: `InvalidInput` where the dump was deleted since. */
export async function restoreDump(deps: RestoreDeps, plan: RestorePlan): Promise<RestoreResult> {
  return await whileStored(deps, plan.dumpId, async () => {
    await openDump(deps, await findDump(deps.db, String(plan.dumpId)));
    return await carryOut(deps, plan);
  });
}

/**
 * The journal has RESTAURE before anything is done and again when it is, so that a restore that was killed is known as
 * well; then PROUVE where contents were compared; ECHEC where it failed, which changed nothing.
 */
async function carryOut(deps: RestoreDeps, plan: RestorePlan): Promise<RestoreResult> {
  const target = sourceTarget(deps, plan.into);
  const where = describeTarget(target);
  const { dumpId, user } = plan;
  const started = performance.now();
  const what = summaryOf(plan, where);
  await recordEvent(deps, { event: 'RESTAURE', dumpId, user, detail: { ...what, phase: 'started' } });
  let comparison: Comparison;
  try {
    const tools = await findClientTools(plan.serverMajor, deps.toolSearch);
    comparison = await (plan.mode === 'create' ? restoreIntoNew : restoreInTransaction)(deps, plan, target, tools);
  } catch (error) {
    const sensitive = plan.manifest.encryption !== undefined;
    await recordFailure(deps, { dumpId, user, error, detail: { ...what, doing: 'restore' }, sensitive });
    throw error;
  }
  const durationMs = Math.round(performance.now() - started);
  const warnings = [...plan.warnings];
  // The restore stands: whatever fails from here on is told, and fails nothing.
  const record = async (event: 'RESTAURE' | 'PROUVE', detail: JsonObject) => {
    try {
      const { signal } = new AbortController();
      if (event === 'RESTAURE' && plan.mode !== 'create') await recordCancellations(deps, user);
      const { mirrorError } = await recordEvent({ ...deps, signal }, { event, dumpId, user, detail });
      if (mirrorError)
        warnings.push(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
    } catch (error) {
      warnings.push(`the restore is done, and its ${event} is not in the journal: ${String(error)}`);
    }
  };
  await record('RESTAURE', { ...what, phase: 'finished', durationMs });
  if (plan.prove) await record('PROUVE', { into: where, level: comparison.level, tables: comparison.tables.length });
  return { plan, target: where, comparison, durationMs, warnings };
}

const MOST_TABLES = 100;

function summaryOf({ mode, clean, tables, intoSchema, owners, privileges }: RestorePlan, into: string): JsonObject {
  const selected = tables?.selected.map(({ schema, name }) => `${schema}.${name}`);
  return {
    into,
    mode,
    ...(clean ? { clean } : {}),
    ...(selected ? { tables: selected.slice(0, MOST_TABLES), tableCount: selected.length } : {}),
    ...(intoSchema === null ? {} : { intoSchema }),
    ...(owners ? {} : { owners }),
    ...(privileges ? {} : { privileges }),
  };
}

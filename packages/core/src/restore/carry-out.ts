import { isTriedAgain, recordFailure } from '../audit/record-failure.ts';
import { findClientTools } from '../postgres/client-tools.ts';
import { type Comparison, rowsOf } from '../postgres/compare-proof.ts';
import { describeTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import { openGate } from './approval-gate.ts';
import { type RestoredFacts, recordDecision, recordRestored, recordStart, whatOf } from './journal-restore.ts';
import type { BeforeDecision, RestoreDeps } from './restore-deps.ts';
import { restoreInTransaction } from './restore-in-transaction.ts';
import { restoreIntoNew } from './restore-into-new.ts';
import type { RestorePlan } from './restore-plan.ts';

export interface RestoreResult {
  readonly plan: RestorePlan;
  /** `host:port/database`. */
  readonly target: string;
  readonly comparison: Comparison;
  readonly facts: RestoredFacts;
  readonly warnings: readonly string[];
}

/**
 * Restores as planned. The journal has RESTAURE before anything is done and again when it is, then PROUVE where contents
 * were compared; ECHEC where it failed, which changed nothing. Of a step of a workflow it also has RESTAURE ahead of the
 * step that decides, so that another call can find out whether that was taken, and no ECHEC of what is tried again.
 * Without the approval that protected tables need it throws `NotAllowed` before all of that.
 */
export async function carryOut(deps: RestoreDeps, plan: RestorePlan): Promise<RestoreResult> {
  const target = sourceTarget(deps, plan.into);
  const started = performance.now();
  const factsOf = (comparison: Comparison): RestoredFacts => ({
    durationMs: Math.round(performance.now() - started),
    compared: { level: comparison.level, tables: comparison.tables.length, rows: rowsOf(comparison) ?? null },
  });
  const beforeDecision: BeforeDecision = (step, comparison) => recordDecision(deps, plan, factsOf(comparison), step);
  // Nobody has a database yet that is not there: nothing in it is protected.
  const gate = plan.mode === 'create' ? undefined : await openGate(deps, plan, target);
  await recordStart(deps, plan);
  let comparison: Comparison;
  try {
    const tools = await findClientTools(plan.serverMajor, deps.toolSearch);
    // Nobody asks later about what no workflow does.
    const options = deps.execution === undefined ? {} : { beforeDecision };
    comparison = await (gate
      ? restoreInTransaction(deps, plan, target, tools, { ...options, gate })
      : restoreIntoNew(deps, plan, target, tools, options));
  } catch (error) {
    if (!isTriedAgain(deps, error)) {
      await recordFailure(deps, {
        dumpId: plan.dumpId,
        user: plan.user,
        error,
        detail: { ...whatOf(deps, plan), doing: 'restore' },
        sensitive: plan.manifest.encryption !== undefined,
      });
    }
    throw error;
  }
  const facts = factsOf(comparison);
  const warnings = [...plan.warnings, ...(await recordRestored(deps, plan, facts))];
  return { plan, target: describeTarget(target), comparison, facts, warnings };
}

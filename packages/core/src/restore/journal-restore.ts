import * as z from 'zod';
import { appendEvent } from '../audit/append-event.ts';
import { recordCancellations } from '../audit/cancellations.ts';
import type { EventName, JsonObject } from '../audit/journal-event.ts';
import { recordEvent } from '../audit/record-event.ts';
import { executionOf } from '../audit/record-failure.ts';
import { Manifest } from '../catalog/manifest.ts';
import type { DecisiveStep } from '../postgres/decisive-step.ts';
import { describeTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/** What came of a restore, as the journal keeps it. */
export const RestoredFacts = z.object({
  durationMs: z.int(),
  compared: z.object({ level: Manifest.shape.proofLevel, tables: z.int(), rows: z.int().nullable() }),
});
export type RestoredFacts = z.infer<typeof RestoredFacts>;

/** RESTAURE, before anything is done: so that a restore that was killed is known as well. */
export async function recordStart(deps: RestoreDeps, plan: RestorePlan): Promise<void> {
  const { dumpId, user } = plan;
  await recordEvent(deps, { event: 'RESTAURE', dumpId, user, detail: { ...whatOf(deps, plan), phase: 'started' } });
}

/**
 * RESTAURE, when nothing is left but the step that decides. The restore holds its locks: the next event takes this one's
 * copy in the storage along.
 */
export async function recordDecision(
  deps: RestoreDeps,
  plan: RestorePlan,
  facts: RestoredFacts,
  step: DecisiveStep,
): Promise<void> {
  const { dumpId, user } = plan;
  const detail = { ...whatOf(deps, plan), ...facts, phase: 'deciding', step };
  await deps.db.transaction((tx) => appendEvent(tx, { event: 'RESTAURE', dumpId, user, detail }));
}

/**
 * RESTAURE for a restore that stands, then PROUVE where contents were compared, but for what is `journalled`. Whatever
 * fails is told, and fails nothing. Returns what a person is to know.
 */
export async function recordRestored(
  deps: RestoreDeps,
  plan: RestorePlan,
  facts: RestoredFacts,
  journalled: ReadonlySet<EventName> = new Set(),
): Promise<string[]> {
  const warnings: string[] = [];
  const { dumpId, user } = plan;
  const { signal } = new AbortController();
  const record = async (event: 'RESTAURE' | 'PROUVE', detail: JsonObject) => {
    if (journalled.has(event)) return;
    try {
      if (event === 'RESTAURE' && plan.mode !== 'create') await recordCancellations(deps, user);
      const { mirrorError } = await recordEvent({ ...deps, signal }, { event, dumpId, user, detail });
      if (mirrorError)
        warnings.push(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
    } catch (error) {
      warnings.push(`the restore is done, and its ${event} is not in the journal: ${String(error)}`);
    }
  };
  const { level, tables } = facts.compared;
  const what = whatOf(deps, plan);
  await record('RESTAURE', { ...what, ...facts, phase: 'finished' });
  if (plan.prove) await record('PROUVE', { into: what.into, level, tables, ...executionOf(deps) });
  return warnings;
}

const MOST_TABLES = 100;

/** What was asked for, of whom. */
export function whatOf(deps: RestoreDeps, plan: RestorePlan): JsonObject {
  const { mode, clean, tables, intoSchema, owners, privileges, lease } = plan;
  const selected = tables?.selected.map(({ schema, name }) => `${schema}.${name}`);
  return {
    into: describeTarget(sourceTarget(deps, plan.into)),
    mode,
    ...(clean ? { clean } : {}),
    ...(selected ? { tables: selected.slice(0, MOST_TABLES), tableCount: selected.length } : {}),
    ...(intoSchema === null ? {} : { intoSchema }),
    ...(owners ? {} : { owners }),
    ...(privileges ? {} : { privileges }),
    ...(lease === undefined ? {} : { lease }),
    ...executionOf(deps),
  };
}

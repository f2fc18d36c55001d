import { listExecutionEvents } from '../audit/execution-events.ts';
import type { EventName, JournalEvent } from '../audit/journal-event.ts';
import { DecisiveStep, wasTaken } from '../postgres/decisive-step.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { RestoredFacts } from './journal-restore.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

export interface RestoredBefore {
  readonly facts: RestoredFacts;
  /** What the journal has of it already. */
  readonly journalled: ReadonlySet<EventName>;
}

/**
 * What came of the plan where an earlier call of the same execution has carried it out; undefined where none has, or the
 * job is no step of a workflow. Call it under the lock of the target. One that was killed between the step that decides and
 * its RESTAURE has said which step that is: the server knows whether it was taken. Throws what `wasTaken` does.
 */
export async function findRestored(
  { db, execution, signal }: RestoreDeps,
  { dumpId }: RestorePlan,
  target: DatabaseTarget,
): Promise<RestoredBefore | undefined> {
  if (execution === undefined) return undefined;
  const events = await listExecutionEvents(db, { execution, dumpId }, ['RESTAURE', 'PROUVE']);
  const here = events.filter(({ detail }) => detail.into === describeTarget(target));
  const inPhase = (phase: string) => here.filter(({ detail }) => detail.phase === phase);
  const [finished] = inPhase('finished');
  if (finished) return { facts: factsIn(finished), journalled: new Set(here.map(({ event }) => event)) };
  for (const deciding of inPhase('deciding')) {
    if (!(await wasTaken(target, DecisiveStep.parse(deciding.detail.step), signal))) continue;
    return { facts: factsIn(deciding), journalled: new Set() };
  }
  return undefined;
}

function factsIn({ detail }: Pick<JournalEvent, 'detail'>): RestoredFacts {
  return RestoredFacts.parse(detail);
}

import type { State } from '../definition/state-machine.ts';
import type { NewEvent } from '../journal/events.ts';
import type { StateError } from '../state-error.ts';
import type { Scope } from './scope.ts';
import { failedEvent, taskResource } from './task-events.ts';

/** The events by which a state's attempt fails (API reference, HistoryEvent). */
export function failureEvents({ position }: Scope, state: State, error: StateError): NewEvent[] {
  const { name, evaluation } = error;
  if (evaluation) {
    const { location, detail: cause } = evaluation;
    return [{ type: 'EvaluationFailed', details: { error: name, cause, location, state: position.state } }];
  }
  const begun = position.progress.attempt !== undefined;
  if (state.Type === 'Task' && begun) return [failedEvent(taskResource(state.Resource), error)];
  if (state.Type === 'Parallel') return [{ type: 'ParallelStateFailed' }];
  if (state.Type === 'Map') return [{ type: 'MapStateFailed' }];
  return [];
}

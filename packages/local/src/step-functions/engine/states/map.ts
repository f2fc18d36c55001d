import { FIELD_NUMBERS } from '../../definition/schema.ts';
import type { MapState } from '../../definition/state-machine.ts';
import type { NewEvent } from '../../journal/events.ts';
import type { MapRun } from '../../journal/positions.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { walkInside } from '../inner-scopes.ts';
import { type Exit, leaveBy } from '../outcome.ts';
import { expectPayload } from '../payload.ts';
import { record } from '../record.ts';
import { expectNumber, unexpectedResult } from '../result-type.ts';
import { evaluate, type Scope } from '../scope.ts';
import { together } from '../together.ts';

/** Developer Guide, "Using Map state in Inline mode": so many iterations at once, and no more. */
const MAX_CONCURRENCY = 40;

/**
 * Specification, "Map State". The first iteration that fails ends the others, and its error is the state's; where
 * failures are tolerated, the error output stands in the result in place of an output.
 */
export async function runMap(scope: Scope, state: MapState): Promise<Exit> {
  const map = scope.position.progress.map ?? (await begin(scope, state));
  const name = scope.position.state;
  const result: Json[] = [];
  const under = new Set<number>();
  let failures = 0;
  const iterate = async (index: number, signal: AbortSignal): Promise<void> => {
    under.add(index);
    const value = map.items[index] ?? null;
    const item = { index, value };
    const event = (what: string): NewEvent => ({ type: `MapIteration${what}`, details: { name, index } });
    try {
      result[index] = await walkInside(scope, {
        index,
        states: state.ItemProcessor,
        signal,
        item,
        begins: { events: [event('Started')] },
        ending: {
          succeeded: () => ({ events: [event('Succeeded')] }),
          failed: () => ({ events: [event('Failed')] }),
        },
        async input() {
          if (state.ItemSelector === undefined) return value;
          return (await evaluate(scope, { ItemSelector: state.ItemSelector }, { item })).ItemSelector ?? null;
        },
      });
      under.delete(index);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      under.delete(index);
      failures += 1;
      if (map.tolerated === undefined || error.evaluation) throw error;
      if (failures > map.tolerated) {
        const cause = 'The specified tolerated failure threshold was exceeded';
        throw new StateError('States.ExceedToleratedFailureThreshold', cause);
      }
      result[index] = { Error: error.name, Cause: error.message };
    }
  };
  try {
    await together(scope, map.items.length, map.concurrency, iterate);
  } catch (error) {
    const aborted = [...under].sort((a, b) => a - b);
    scope.pending.push(...aborted.map((index) => ({ type: 'MapIterationAborted', details: { name, index } })));
    throw error;
  }
  scope.pending.push({ type: 'MapStateSucceeded' });
  expectPayload(result, name);
  return await leaveBy(scope, state, { next: state.Next, output: result, result });
}

/** What it goes through is settled, and on disk, before the first iteration. */
async function begin(scope: Scope, state: MapState): Promise<MapRun> {
  const { Items, MaxConcurrency, ToleratedFailureCount, ToleratedFailurePercentage } = state;
  const limits = { MaxConcurrency, ToleratedFailureCount, ToleratedFailurePercentage };
  const values = await evaluate(scope, { Items, ...limits });
  const items = Items === undefined ? scope.position.input : values.Items;
  if (!Array.isArray(items)) throw unexpectedResult(scope, 'Items', Items ?? '$states.input', 'array', items);
  const limit = (name: keyof typeof limits) =>
    expectNumber(scope, name, limits[name], values[name], FIELD_NUMBERS[name]);
  const atOnce = limit('MaxConcurrency') || MAX_CONCURRENCY;
  const tolerated = tolerance(items.length, limit('ToleratedFailureCount'), limit('ToleratedFailurePercentage'));
  const map: MapRun = {
    items,
    concurrency: Math.min(atOnce, MAX_CONCURRENCY),
    ...(tolerated === undefined ? {} : { tolerated }),
  };
  const { retryAt: _, ...progress } = scope.position.progress;
  await record(scope, {
    events: [{ type: 'MapStateStarted', details: { length: items.length } }],
    position: { progress: { ...progress, map } },
  });
  return map;
}

/** The smaller of the two limits counts (Developer Guide, "Setting failure thresholds"). */
function tolerance(items: number, count: number | undefined, percentage: number | undefined): number | undefined {
  if (count === undefined && percentage === undefined) return undefined;
  return Math.min(count ?? items, percentage === undefined ? items : Math.floor((items * percentage) / 100));
}

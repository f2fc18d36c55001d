import * as z from 'zod';
import { expectExecutionArn } from '../arns.ts';
import { listEvents, type StoredEvent } from '../journal/events.ts';
import { readExecution } from '../journal/executions.ts';
import type { JsonObject } from '../json.ts';
import { operation, toSeconds } from './operation.ts';
import { PAGE, page } from './page.ts';

/** API reference, GetExecutionHistory. */
export const getExecutionHistory = operation(
  z.strictObject({
    ...PAGE,
    executionArn: z.string(),
    reverseOrder: z.boolean().default(false),
    includeExecutionData: z.boolean().default(true),
  }),
  ({ journal }, { executionArn, reverseOrder: backwards, includeExecutionData, ...request }) => {
    expectExecutionArn(executionArn);
    const { id: execution } = readExecution(journal, executionArn);
    const first = backwards ? Number.MAX_SAFE_INTEGER : 0;
    const list = (from = first, limit = 0) => listEvents(journal, execution, { from, backwards, limit });
    const { items, ...rest } = page(request, `history ${execution} ${backwards}`, list, ({ id }) => id);
    return { events: items.map((event) => historyEvent(event, includeExecutionData)), ...rest };
  },
);

function historyEvent({ id, previous, at, type, details }: StoredEvent, withData: boolean): JsonObject {
  const shown = details && (withData ? details : withoutData(details));
  return {
    timestamp: toSeconds(at),
    type,
    id,
    previousEventId: previous,
    ...(shown ? { [detailsName(type)]: shown } : {}),
  };
}

/** API reference, HistoryEvent: all states are entered and left alike, every other event has a name of its own. */
function detailsName(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

function withoutData({
  input: _1,
  output: _2,
  parameters: _3,
  assignedVariables: _4,
  ...rest
}: JsonObject): JsonObject {
  return rest;
}

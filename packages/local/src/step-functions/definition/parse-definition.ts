import { ApiError } from '../api-error.ts';
import { checkErrorNames } from './check-error-names.ts';
import { checkExpressions } from './check-expressions.ts';
import { checkGraph } from './check-graph.ts';
import { checkTasks } from './check-tasks.ts';
import { type Problem, pointer } from './problem.ts';
import { Machine } from './schema.ts';
import type { StateMachine } from './state-machine.ts';

/** API reference, CreateStateMachine: the longest definition. */
export const MAX_DEFINITION_LENGTH = 1_048_576;

/**
 * The state machine of a definition, which is refused where anything in it would not be done as AWS does it: what is
 * not supported, and what AWS takes but cannot mean anything else than a mistake. Throws `InvalidDefinition`, with
 * every problem and its place.
 */
export function parseDefinition(definition: string): StateMachine {
  const parsed = Machine.safeParse(parseJson(definition));
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map((issue) => ({
        code: 'SCHEMA_VALIDATION_FAILED',
        text: issue.message,
        place: pointer(...issue.path),
      })),
    );
  }
  const machine: StateMachine = parsed.data;
  const problems = [checkGraph, checkErrorNames, checkTasks, checkExpressions].flatMap((check) => check(machine));
  if (problems.length > 0) throw invalid(problems);
  return machine;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(
      'InvalidDefinition',
      `Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: ${String(error)}'`,
    );
  }
}

function invalid(problems: readonly Problem[]): ApiError {
  const texts = problems.map(({ code, text, place }) => `${code}: ${text} at ${place || '/'}`);
  return new ApiError('InvalidDefinition', `Invalid State Machine Definition: '${texts.join(', ')}'`);
}

import type { Call, Invoke } from '../step-functions/engine/invoke.ts';
import { startTask, type TaskProgram } from '../step-functions/engine/process-task.ts';
import { StateError } from '../step-functions/state-error.ts';
import type { Functions } from './functions.ts';

export interface InvokeOptions {
  readonly functions: Functions;
  /** The entry point of the image that tasks run. */
  readonly taskProgram: TaskProgram;
  /** Where the API of Step Functions is: tasks answer there. */
  readonly endpoint: string;
}

/** ECS API reference, RunTask: of a task's overrides, as JSON. */
const MAX_OVERRIDES_CHARS = 8_192;

/** Functions in processes that end with the host, and tasks in processes that do not: both as on AWS. */
export function createInvoke({ functions, taskProgram, endpoint }: InvokeOptions): Invoke {
  // The variable of AWS's own SDKs ("Service-specific endpoints").
  const environment = { ...taskProgram.environment, AWS_ENDPOINT_URL_SFN: endpoint };
  return async (call, signal) => {
    if (call.resource === 'lambda:invoke') return await functions.invoke(call.functionName, call.payload, signal);
    expectOverrides(call);
    return await startTask({ ...taskProgram, environment }, call);
  };
}

/** What would be refused there is refused here. Throws `ECS.InvalidParameterException`. */
function expectOverrides({ command, environment }: Extract<Call, { resource: 'ecs:runTask' }>): void {
  const pairs = Object.entries(environment).map(([name, value]) => ({ name, value }));
  if (JSON.stringify({ containerOverrides: [{ command, environment: pairs }] }).length <= MAX_OVERRIDES_CHARS) return;
  const message = `Container Overrides length must be at most ${MAX_OVERRIDES_CHARS}`;
  throw new StateError('ECS.InvalidParameterException', message);
}

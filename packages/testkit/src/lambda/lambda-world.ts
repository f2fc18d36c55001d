import type { Call } from '@datasens/local/step-functions/engine/invoke.ts';
import { inject } from 'vitest';
import { FUNCTIONS } from '../../../../infra/function-table.ts';
import { type Container, startContainer } from '../container/container.ts';
import { containerCli } from '../container/container-cli.ts';
// For the type of what `inject` gives.
import type {} from '../lambda-setup.ts';
import { type WorkflowWorld, type WorkflowWorldOptions, workflowWorld } from '../workflow-world.ts';
import { type FunctionSettings, type LambdaFunctions, openLambda } from './functions.ts';

export interface LambdaWorld extends WorkflowWorld {
  readonly lambda: LambdaFunctions;
  /** The tasks that were started. */
  readonly tasks: readonly Container[];
}

export interface LambdaWorldOptions extends Omit<WorkflowWorldOptions, 'elsewhere'> {
  readonly settings?: Readonly<Record<string, FunctionSettings>>;
}

/** The state machines of workflows/, whose functions run as on Lambda, and whose tasks run as on Fargate. */
export async function lambdaWorld({ settings = {}, ...options }: LambdaWorldOptions = {}): Promise<LambdaWorld> {
  const cli = await containerCli();
  const { runtime, tools, task } = inject('lambda');
  const tasks: Container[] = [];
  /** What the stack gives it, unless the test says otherwise. */
  const settingsOf = (name: string) => {
    const { kind, memoryMb, timeoutSeconds } = FUNCTIONS[name] ?? {};
    const deployed = { ...(memoryMb && { memoryMb }), ...(timeoutSeconds && { timeoutMs: timeoutSeconds * 1_000 }) };
    return { image: kind === 'image' ? tools : runtime, ...deployed, ...settings[name] };
  };
  const runTask = ({ command, environment }: Extract<Call, { resource: 'ecs:runTask' }>) => {
    const container = startContainer(cli, {
      image: tools,
      entrypoint: 'node',
      command: ['/var/task/container/task.mjs', ...command],
      environment: { ...world.environment, ...environment },
      memoryMb: 2_048,
      task,
      log: (line) => lambda.said.push(`task: ${line}`),
    });
    tasks.push(container);
    return {};
  };
  const world = await workflowWorld({
    ...options,
    elsewhere: async (call) =>
      call.resource === 'ecs:runTask' ? runTask(call) : await lambda.invoke(call.functionName, call.payload),
  });
  const lambda = openLambda({ cli, environment: world.environment, task, settingsOf });
  return {
    ...world,
    lambda,
    tasks,
    async [Symbol.asyncDispose]() {
      await lambda[Symbol.asyncDispose]();
      for (const container of tasks) await container[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

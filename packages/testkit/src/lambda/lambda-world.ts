import type { Call } from '@datasens/local/step-functions/engine/invoke.ts';
import { inject } from 'vitest';
import { type Container, startContainer } from '../container/container.ts';
import { containerCli } from '../container/container-cli.ts';
// For the type of what `inject` gives.
import type {} from '../lambda-setup.ts';
import { type WorkflowWorld, type WorkflowWorldOptions, workflowWorld } from '../workflow-world.ts';
import { type FunctionSettings, type LambdaFunctions, openLambda } from './functions.ts';

/** The functions that start PostgreSQL's client tools: on AWS they run from the image, the others from a zip file. */
const WITH_TOOLS: ReadonlySet<string> = new Set(['preflight', 'stage', 'check-restore', 'restore', 'prove']);

export interface LambdaWorld extends WorkflowWorld {
  readonly lambda: LambdaFunctions;
  /** The tasks that were started. */
  readonly tasks: readonly Container[];
}

export interface LambdaWorldOptions extends Omit<WorkflowWorldOptions, 'elsewhere'> {
  readonly settings?: Readonly<Record<string, FunctionSettings>>;
  /** A folder of the test's that functions find where it is. */
  readonly shared?: string;
}

/** The state machines of workflows/, whose functions run as on Lambda, and whose tasks run as on Fargate. */
export async function lambdaWorld({
  settings = {},
  shared,
  ...options
}: LambdaWorldOptions = {}): Promise<LambdaWorld> {
  const cli = await containerCli();
  const { runtime, tools, task } = inject('lambda');
  const tasks: Container[] = [];
  const settingsOf = (name: string) => ({ image: WITH_TOOLS.has(name) ? tools : runtime, ...settings[name] });
  const runTask = ({ command, environment }: Extract<Call, { resource: 'ecs:runTask' }>) => {
    const container = startContainer(cli, {
      image: tools,
      entrypoint: 'node',
      command: ['/var/task/container/task.mjs', ...command],
      environment: { ...world.environment, ...environment },
      memoryMb: 2_048,
      task,
      shared,
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
  const lambda = openLambda({ cli, environment: world.environment, task, shared, settingsOf });
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

import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiError, type ApiErrorName } from '@datasens/local/step-functions/api-error.ts';
import { machineArn } from '@datasens/local/step-functions/arns.ts';
import { type Clock, systemClock } from '@datasens/local/step-functions/clock.ts';
import type { Call, Invoke } from '@datasens/local/step-functions/engine/invoke.ts';
import { startTask } from '@datasens/local/step-functions/engine/process-task.ts';
import { readExecution } from '@datasens/local/step-functions/journal/executions.ts';
import type { Journal } from '@datasens/local/step-functions/journal/journal.ts';
import type { Json, JsonObject } from '@datasens/local/step-functions/json.ts';
import { StateError } from '@datasens/local/step-functions/state-error.ts';
import { fillDefinition, localValue } from '@datasens/local/workflows/fill-definition.ts';
import type { Context } from 'aws-lambda';
import { apiWorld } from './api-world.ts';
import { type DumpWorld, dumpWorld } from './dump-world.ts';
import { listenForJson } from './listen-for-json.ts';
import { setEnvironment } from './set-environment.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FUNCTIONS = `${ROOT}functions/`;

/** What becomes of a call of a function: nothing, or an error by this name, before it is made or after. */
export interface PlannedFault {
  readonly functionName: string;
  /** Whether it is the task of ECS that fails, rather than the function. */
  readonly asTask?: boolean;
  /** Whether it is the start of the workflow of that name, by another one. */
  readonly asExecution?: boolean;
  readonly error: string;
  readonly when?: 'before' | 'after';
}

/** The state machines of workflows/ with their real functions, on a database, a store and a webhook of one test. */
export interface WorkflowWorld extends AsyncDisposable {
  readonly dumps: DumpWorld;
  readonly api: Awaited<ReturnType<typeof apiWorld>>;
  /** What functions and tasks find in their environment, and nothing of this machine's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Faults that are still to come. */
  readonly faults: PlannedFault[];
  /** The functions and tasks that were called, in order. */
  readonly called: string[];
  /** What the webhook was told. */
  readonly told: JsonObject[];
  /** Runs an execution of a workflow to its end. */
  run(workflow: string, input: JsonObject, name?: string): Promise<Ended>;
  /** Starts one. */
  start(workflow: string, input: JsonObject, name: string): string;
  ended(arn: string): Promise<Ended>;
  statusOf(arn: string): string;
}

export interface Ended {
  readonly arn: string;
  readonly status: string;
  readonly output: JsonObject;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export interface WorkflowWorldOptions {
  /** Beside what the functions need. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly wrap?: (journal: Journal) => Journal;
  /** What happens before a function or task is called. */
  readonly before?: (called: string) => Promise<unknown>;
  /** What comes of the answer of one on its way back. */
  readonly garble?: (called: string, answer: Json) => Json;
  /** Calls functions and tasks elsewhere than in this process and its children. */
  readonly elsewhere?: Invoke;
  /** Functions that are not ours, by name. */
  readonly others?: Readonly<Record<string, (payload: JsonObject) => Promise<Json>>>;
}

export async function workflowWorld({
  environment = {},
  wrap,
  before,
  garble = (_, answer) => answer,
  elsewhere,
  others = {},
}: WorkflowWorldOptions = {}): Promise<WorkflowWorld> {
  await using opening = new AsyncDisposableStack();
  const dumps = opening.use(await dumpWorld());
  const faults: PlannedFault[] = [];
  const called: string[] = [];
  const webhook = opening.use(await listenForJson());
  const settings = {
    DATABASE_URL: dumps.source.url,
    AUDIT_DATABASE_URL: dumps.audit.server.url,
    DATASENS_NOTIFY_WEBHOOK: webhook.url,
    ...dumps.audit.storage.env,
    ...environment,
  };
  opening.use(setEnvironment(settings));

  const invoke: Invoke = async (call, signal) => {
    const asTask = call.resource === 'ecs:runTask';
    const functionName = asTask ? (call.command[0] ?? '') : call.functionName;
    const calling = asTask ? `${functionName} as task` : functionName;
    called.push(calling);
    await before?.(calling);
    fail(faults, { functionName, asTask, when: 'before' });
    const other = asTask ? undefined : others[functionName];
    const result =
      elsewhere && !other
        ? await elsewhere(call, signal)
        : asTask
          ? await runTask(call, api.url)
          : garble(calling, await (other?.(call.payload as JsonObject) ?? callHandler(call)));
    fail(faults, { functionName, asTask, when: 'after' });
    return result;
  };
  const failing = (journal: Journal) => withFailingStarts(wrap?.(journal) ?? journal, faults);
  const api = opening.use(await apiWorld({ invoke, clock: hastyClock, random: () => 0.5, wrap: failing }));
  for (const path of globSync(`${ROOT}workflows/*.asl.json`)) {
    const definition = fillDefinition(readFileSync(path, 'utf8'), localValue);
    api.world.create(basename(path, '.asl.json'), JSON.parse(definition) as JsonObject);
  }
  const opened = opening.move();

  const world: WorkflowWorld = {
    dumps,
    api,
    environment: { ...apiSettings(api.url), ...settings },
    faults,
    called,
    told: webhook.told,
    start(workflow, input, name) {
      return api.world.engine.start({ machineArn: machineArn(workflow), name, input: JSON.stringify(input) }).arn;
    },
    statusOf: (arn) => readExecution(api.world.journal, arn).status,
    async run(workflow, input, name = `run-${called.length}`) {
      return await world.ended(world.start(workflow, input, name));
    },
    async ended(arn) {
      const { status = '', output, error, cause } = await api.ended(arn);
      return { arn, status, error, cause, output: JSON.parse(output ?? '{}') as JsonObject };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
  return world;
}

/** For which the wait before a retry is over at once, and time goes on as it does. */
const hastyClock: Clock = {
  now: systemClock.now,
  wait: (ms, signal) => (ms <= LONGEST_RETRY_WAIT_MS ? Promise.resolve() : systemClock.wait(ms, signal)),
};

/** No state times out so soon (workflows/). */
const LONGEST_RETRY_WAIT_MS = 60_000 - 1;

function fail(faults: PlannedFault[], at: Required<Pick<PlannedFault, 'functionName' | 'asTask' | 'when'>>): void {
  const planned = take(
    faults,
    ({ functionName, asTask = false, asExecution = false, when = 'before' }) =>
      functionName === at.functionName && asTask === at.asTask && !asExecution && when === at.when,
  );
  if (planned) throw new StateError(planned.error, `planned for ${at.functionName}`);
}

function take(faults: PlannedFault[], isMeant: (fault: PlannedFault) => boolean): PlannedFault | undefined {
  const index = faults.findIndex(isMeant);
  return index < 0 ? undefined : faults.splice(index, 1)[0];
}

/** The journal, that refuses to write down an execution whose start is to fail. */
function withFailingStarts(journal: Journal, faults: PlannedFault[]): Journal {
  return {
    ...journal,
    run(sql, ...values) {
      if (sql.startsWith('insert into execution ')) {
        const isMeant = ({ functionName, asExecution = false }: PlannedFault) =>
          asExecution && values.includes(machineArn(functionName));
        const planned = take(faults, isMeant);
        const name = /^StepFunctions\.(\w+)Exception$/.exec(planned?.error ?? '')?.[1];
        if (planned) throw new ApiError(name as ApiErrorName, `planned for ${planned.functionName}`);
      }
      return journal.run(sql, ...values);
    },
    [Symbol.dispose]: () => journal[Symbol.dispose](),
  };
}

/** Calls a function as Lambda does, in a world's environment: what passes is JSON. */
export async function callHandler({
  functionName,
  payload,
}: Pick<Extract<Call, { resource: 'lambda:invoke' }>, 'functionName' | 'payload'>): Promise<Json> {
  const { handler } = (await import(`${FUNCTIONS}${functionName}.ts`)) as {
    readonly handler: (event: unknown, context: Context) => Promise<unknown>;
  };
  const context = { functionName, awsRequestId: randomUUID(), getRemainingTimeInMillis: () => 900_000 } as Context;
  return JSON.parse(JSON.stringify((await handler(structuredClone(payload), context)) ?? null)) as Json;
}

/** As ECS runs it: the image's entry point, which reports to the API. */
async function runTask(call: Extract<Call, { resource: 'ecs:runTask' }>, url: string): Promise<Json> {
  const program = [process.execPath, `${FUNCTIONS}container/task.ts`] as const;
  await startTask({ command: [...program], environment: { ...apiSettings(url), ...process.env } }, call);
  return {};
}

/** What a client of AWS needs in its environment to speak to the API, which looks at no signature. */
function apiSettings(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SFN: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? 'x',
    AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? 'x',
  };
}

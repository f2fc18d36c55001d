import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  paginateListStateMachines,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { AppError } from '@datasens/core/errors.ts';
import { clientSettings } from '@datasens/core/workflow/client-settings.ts';

const ASK_AGAIN_MS = 500;

/** What has become of an execution, as Step Functions tells it. */
export interface Outcome {
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export interface WorkflowClient extends Disposable {
  /** The ARN of the execution. Throws `NotFound` for a workflow that is not there. */
  start(workflow: string, input: object, signal: AbortSignal): Promise<string>;
  /** What it has come to. Throws `Transient` where the signal ends the waiting; the execution goes on. */
  ended(executionArn: string, signal: AbortSignal): Promise<Outcome>;
}

/**
 * A client of Step Functions where the environment says that it is. What it does throws `Transient` where that cannot be
 * reached, `ConfigError` where region or credentials are missing, `NotAllowed` where it refuses.
 */
export function workflowClient(env: NodeJS.ProcessEnv): WorkflowClient {
  const client = new SFNClient(clientSettings(env));
  const explained = async <T>(work: Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      signal?.throwIfAborted();
      throw explain(error);
    }
  };
  const find = async (name: string, abortSignal: AbortSignal): Promise<string> => {
    if (name.startsWith('arn:')) return name;
    const names: string[] = [];
    for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {}, { abortSignal })) {
      const found = stateMachines.find((machine) => machine.name === name);
      if (found?.stateMachineArn) return found.stateMachineArn;
      names.push(...stateMachines.map((machine) => machine.name ?? ''));
    }
    throw new AppError('NotFound', `there is no workflow ${JSON.stringify(name)}, but ${names.sort().join(', ')}`);
  };
  return {
    async start(workflow, input, signal) {
      const starting = async () => {
        const stateMachineArn = await find(workflow, signal);
        const start = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) });
        return (await client.send(start, { abortSignal: signal })).executionArn ?? '';
      };
      return await explained(starting(), signal);
    },
    async ended(executionArn, abortSignal) {
      for (;;) {
        // Whoever waits no longer ends nothing.
        if (abortSignal.aborted)
          throw new AppError('Transient', `${executionArn} goes on, and is waited for no longer`);
        const describing = client.send(new DescribeExecutionCommand({ executionArn }));
        const { status = '', output, error, cause } = await explained(describing);
        if (status !== 'RUNNING')
          return { status, ...(output === undefined ? {} : { output: JSON.parse(output) as unknown }), error, cause };
        await delay(ASK_AGAIN_MS, undefined, { signal: abortSignal }).catch((reason: unknown) => {
          if (!abortSignal.aborted) throw reason;
        });
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

function explain(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { name, message, $metadata, code } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly code?: string;
  };
  if (name === 'CredentialsProviderError' || /region is missing/i.test(message)) {
    const remedy = 'start a host of this home (datasens host), or set AWS_REGION and credentials';
    return new AppError('ConfigError', `no host runs here, and AWS cannot be asked: ${remedy}`, { cause: error });
  }
  const status = $metadata?.httpStatusCode ?? 0;
  if (status >= 400 && status < 500 && !/throttl/i.test(name)) {
    return new AppError('NotAllowed', `Step Functions refuses it (${name}: ${message})`, { cause: error });
  }
  return new AppError('Transient', `Step Functions could not be reached (${code ?? name}): does the host run?`, {
    cause: error,
  });
}

import { randomUUID } from 'node:crypto';
import { lambdaError } from '@datasens/local/functions/lambda-error.ts';
import { timedOut } from '@datasens/local/functions/process-ending.ts';
import { functionArn } from '@datasens/local/step-functions/arns.ts';
import type { Json } from '@datasens/local/step-functions/json.ts';
import { type Container, type ContainerEnding, startContainer } from '../container/container.ts';
import type { ContainerCli } from '../container/container-cli.ts';
import { type Answer, runtimeApi } from './runtime-api.ts';

export interface FunctionOptions {
  readonly name: string;
  readonly image: string;
  /** The folder of the bundles; what the image has where it is absent. */
  readonly task?: string | undefined;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** An execution environment of Lambda: one function in a container of its own, called one call after another, and frozen in between. */
export interface ExecutionEnvironment extends AsyncDisposable {
  readonly container: Container;
  /** False once it has ended, or its runtime could not begin. */
  readonly usable: boolean;
  /** Rejects as Lambda reports it: by the error's name, and its report in the message. */
  call(payload: Json): Promise<Json>;
  /** Resolves when it is frozen, or has ended. */
  settled(): Promise<void>;
  /** Ends a call as when its time is over, and what it is in. */
  expire(): Promise<void>;
  /** Takes all the memory that it may have, for as long as the system lets it live. */
  exhaust(): Promise<void>;
}

export async function openEnvironment(cli: ContainerCli, options: FunctionOptions): Promise<ExecutionEnvironment> {
  const { name, image, task, memoryMb, timeoutMs, log } = options;
  const api = await runtimeApi();
  const environment = { ...options.environment, ...ownVariables(name, memoryMb), AWS_LAMBDA_RUNTIME_API: api.address };
  const container = startContainer(cli, {
    image,
    command: [`${name}.handler`],
    environment,
    memoryMb,
    task,
    log,
  });
  let usable = true;
  let frozen: Promise<boolean> = Promise.resolve(false);
  let overdue = Promise.withResolvers<'overdue'>();
  container.ended
    .finally(() => {
      usable = false;
    })
    .catch(() => undefined);

  const freeze = async (): Promise<boolean> => {
    const first = await Promise.race([api.idle(), container.ended.then(() => 'ended' as const)]);
    if (first !== undefined) return false;
    await container.freeze();
    return true;
  };

  return {
    container,
    get usable() {
      return usable;
    },
    async call(payload) {
      const requestId = randomUUID();
      let timer: NodeJS.Timeout | undefined;
      try {
        if (await frozen) await container.thaw();
        const begun = await Promise.race([api.idle(), container.ended]);
        if (begun && 'code' in begun) throw exited(requestId, begun);
        if (begun) {
          usable = false;
          throw reported(begun);
        }
        overdue = Promise.withResolvers();
        timer = setTimeout(overdue.resolve, timeoutMs, 'overdue');
        const invocation = {
          requestId,
          payload: JSON.stringify(payload),
          functionArn: functionArn(name),
          deadlineAt: Date.now() + timeoutMs,
        };
        const first = await Promise.race([api.call(invocation), container.ended, overdue.promise]);
        if (first === 'overdue') {
          usable = false;
          await container.kill();
          await container.ended;
          throw timedOut(requestId, timeoutMs);
        }
        if ('code' in first) throw exited(requestId, first);
        frozen = freeze();
        frozen.catch(() => undefined);
        if (first.kind !== 'response') throw reported(first);
        return JSON.parse(first.body) as Json;
      } finally {
        clearTimeout(timer);
      }
    },
    settled: async () => void (await frozen),
    async expire() {
      overdue.resolve('overdue');
      await container.ended;
    },
    async exhaust() {
      // What is in /tmp is in memory here, and of all who could be ended for it the runtime is the largest.
      await container.execute(['dd', 'if=/dev/zero', 'of=/tmp/full', 'bs=1M', `count=${memoryMb}`]);
      await container.ended;
    },
    async [Symbol.asyncDispose]() {
      usable = false;
      await frozen.catch(() => undefined);
      await container[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** Lambda Developer Guide, "Defined runtime environment variables". */
function ownVariables(name: string, memoryMb: number): Record<string, string> {
  return {
    _HANDLER: `${name}.handler`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'test',
    AWS_REGION: 'us-east-1',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

function exited(requestId: string, { code }: ContainerEnding): Error {
  const message = `RequestId: ${requestId} Error: Runtime exited`;
  const signal = SIGNALS[code - 128];
  if (signal) return lambdaError('Runtime.ExitError', `${message} with error: signal: ${signal}`);
  if (code) return lambdaError('Runtime.ExitError', `${message} with error: exit status ${code}`);
  return lambdaError('Runtime.ExitError', `${message} without providing a reason`);
}

const SIGNALS: Readonly<Record<number, string>> = {
  6: 'aborted',
  9: 'killed',
  11: 'segmentation fault',
  15: 'terminated',
};

function reported(answer: Answer): Error {
  if (answer.kind === 'too large') {
    const message = 'Response payload size exceeded maximum allowed payload size (6291556 bytes).';
    return lambdaError('Function.ResponseSizeTooLarge', message);
  }
  const { errorType = 'Lambda.Unknown', errorMessage = '', trace } = JSON.parse(answer.body) as ErrorReport;
  return lambdaError(errorType, errorMessage, trace?.join('\n'));
}

/** What a runtime for Node says of an error. */
interface ErrorReport {
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly trace?: readonly string[];
}

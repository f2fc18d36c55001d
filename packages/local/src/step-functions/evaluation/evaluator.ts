import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isExpression, stringsIn } from '../definition/expression.ts';
import type { Json, JsonObject } from '../json.ts';
import { StateError } from '../state-error.ts';
import type { Evaluation, Field } from './evaluate-fields.ts';

export interface Evaluator extends Disposable {
  /**
   * What the fields come to, in their order. Throws `States.QueryEvaluationError` where an expression fails, gives
   * nothing, takes longer than it may, or more memory.
   */
  evaluate(fields: readonly Field[], bindings: JsonObject): Promise<Json[]>;
}

interface Job {
  readonly fields: readonly Field[];
  readonly bindings: JsonObject;
  readonly resolve: (values: Json[]) => void;
  readonly reject: (error: StateError) => void;
}

interface EvaluatorOptions {
  /** What the expressions of one set of fields may take, without the time that they wait for others. */
  readonly limitMs?: number;
  readonly memoryMb?: number;
}

// Beside this module, as source and as built.
const { url } = import.meta;
const PROGRAM = fileURLToPath(new URL(`./evaluation-process${url.slice(url.lastIndexOf('.'))}`, url));

/**
 * Evaluates in a process that is kept: it can be ended in the middle of a regular expression that backtracks for ever,
 * and one that runs out of memory takes nothing along (docs/adr/0003).
 */
export function openEvaluator({ limitMs = 5_000, memoryMb = 256 }: EvaluatorOptions = {}): Evaluator {
  const waiting: Job[] = [];
  let child: { readonly process: ChildProcess; ready: boolean } | undefined;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;

  const settle = (how: (job: Job) => void): void => {
    clearTimeout(timer);
    const job = current;
    current = undefined;
    keepAlive(false);
    if (job) how(job);
    next();
  };
  const giveUp = (cause: string): void => {
    const ended = child;
    child = undefined;
    ended?.process.kill('SIGKILL');
    settle(({ reject, fields }) => reject(failure(cause, fields[0]?.name)));
  };
  const arm = (): void => {
    timer = setTimeout(giveUp, limitMs, `The JSONata expression took longer than ${limitMs} ms.`);
  };
  const start = (): NonNullable<typeof child> => {
    const started = {
      process: fork(PROGRAM, {
        serialization: 'advanced',
        execArgv: [`--max-old-space-size=${memoryMb}`],
        // An expression has no business with what the host is configured by.
        env: {},
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      }),
      ready: false,
    };
    started.process.on('message', (message: 'ready' | Evaluation) => {
      if (started !== child) return;
      if (message === 'ready') {
        started.ready = true;
        if (current) arm();
      } else if ('values' in message) settle(({ resolve }) => resolve(message.values));
      else settle(({ reject }) => reject(failure(message.failed.cause, message.failed.name)));
    });
    const lost = () => {
      if (started === child) giveUp('The JSONata expression could not be evaluated: it took too much memory.');
    };
    started.process.on('error', lost).on('exit', lost);
    return started;
  };
  const next = (): void => {
    current ??= waiting.shift();
    if (!current) return;
    child ??= start();
    keepAlive(true);
    const { fields, bindings } = current;
    // Where it cannot be sent, the end of the process says so.
    child.process.send({ fields, bindings }, () => undefined);
    if (child.ready) arm();
  };
  const keepAlive = (needed: boolean): void => {
    const how = needed ? 'ref' : 'unref';
    child?.process[how]();
    child?.process.channel?.[how]();
  };

  return {
    async evaluate(fields, bindings) {
      // Most fields have no expression, and need nobody else.
      if (!fields.some(hasExpression)) return fields.map(({ value }) => value);
      const { promise, resolve, reject } = Promise.withResolvers<Json[]>();
      waiting.push({ fields, bindings, resolve, reject });
      if (!current) next();
      return await promise;
    },
    [Symbol.dispose]() {
      const ended = child;
      child = undefined;
      clearTimeout(timer);
      ended?.process.kill('SIGKILL');
    },
  };
}

function failure(cause: string, location = ''): StateError {
  return new StateError('States.QueryEvaluationError', cause, { evaluation: { location, detail: cause } });
}

function hasExpression({ value }: Field): boolean {
  for (const { text } of stringsIn(value)) if (isExpression(text)) return true;
  return false;
}

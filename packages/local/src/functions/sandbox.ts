import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '@datasens/core/deps.ts';
import type { Clock } from '../step-functions/clock.ts';
import { forwardLines } from './forward-lines.ts';
import type { FunctionCall, FunctionMessage } from './function-messages.ts';
import { endedUnder, type ProcessEnding, timedOut, unstartable } from './process-ending.ts';
import { killGroup } from './process-group.ts';
import { rethrown } from './thrown.ts';

export interface SandboxOptions {
  /** The function, and the file that it is in. */
  readonly name: string;
  readonly path: string;
  readonly memoryMb: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Log;
}

/** A process of a function, and whatever that has started. Disposing kills it all, and waits until it has ended. */
export interface Sandbox extends AsyncDisposable {
  /** False once it has ended, was cut off in a call, or could not load its function: there is nothing but to dispose of it. */
  readonly usable: boolean;
  /**
   * One call at a time. Rejects as Lambda reports it, or, where nobody waits any more, with the signal's reason. To load
   * its function, and to do what it is called for, it has the time of a call each.
   */
  call(call: FunctionCall, signal: AbortSignal): Promise<unknown>;
}

// Beside this module, as source and as built.
const { url } = import.meta;
const PROGRAM = fileURLToPath(new URL(`./function-process${url.slice(url.lastIndexOf('.'))}`, url));

/** That it said something, or how it ended. */
type News = FunctionMessage | { readonly kind: 'ended'; readonly ending: ProcessEnding };

/** Starts a process that loads a function. What it writes goes to the log, by lines, under the function's name. */
export function startSandbox(options: SandboxOptions): Sandbox {
  const { name, clock, log } = options;
  const child = startProcess(options);
  const over = Promise.withResolvers<void>();
  let news = Promise.withResolvers<News>();
  let ended: News | undefined;
  let usable = true;
  let loaded = false;
  const tellEnd = (ending: ProcessEnding): void => {
    usable = false;
    // What it has started does not outlive it.
    killGroup(child.pid);
    ended = { kind: 'ended', ending };
    news.resolve(ended);
    over.resolve();
  };
  child.on('message', (message: FunctionMessage) => news.resolve(message));
  child.on('error', ({ message }) => tellEnd({ unstartable: message }));
  child.on('exit', (code, signal) => tellEnd({ code, signal }));
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) forwardLines(stream, (line) => log(`${name}: ${line}`));
  }

  /** What it says next, within the time that a call may take. */
  const hear = async ({ requestId, timeoutMs }: FunctionCall, signal: AbortSignal): Promise<FunctionMessage> => {
    const heard = new AbortController();
    const late = clock.wait(timeoutMs, AbortSignal.any([signal, heard.signal])).then(() => {
      throw timedOut(requestId, timeoutMs);
    });
    try {
      const first = await Promise.race([news.promise, late]);
      if (first.kind === 'ended') throw endedUnder(requestId, first.ending);
      news = Promise.withResolvers();
      if (ended) news.resolve(ended);
      return first;
    } catch (error) {
      usable = false;
      throw error;
    } finally {
      heard.abort();
    }
  };

  return {
    get usable() {
      return usable;
    },
    async call(call, signal) {
      if (!loaded) {
        const first = await hear(call, signal);
        if (first.kind === 'unloadable') {
          usable = false;
          throw rethrown(first.thrown);
        }
        loaded = true;
      }
      // Its time begins now. Where it cannot be sent, the end of the process says so.
      child.send(call, () => undefined);
      const answer = await hear(call, signal);
      if (answer.kind === 'threw') throw rethrown(answer.thrown);
      return answer.kind === 'returned' ? JSON.parse(answer.result) : undefined;
    },
    async [Symbol.asyncDispose]() {
      usable = false;
      // Afterwards the number may be that of another.
      if (!ended) killGroup(child.pid);
      await over.promise;
    },
  };
}

function startProcess({ path, memoryMb, environment }: SandboxOptions): ChildProcess {
  try {
    return fork(PROGRAM, [path, String(process.pid), String(memoryMb)], {
      // The head of a group and, at a terminal, not of the host's: Ctrl-C is for the host.
      detached: true,
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${memoryMb}`],
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
  } catch (error) {
    throw unstartable((error as Error).message);
  }
}

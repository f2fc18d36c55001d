import { availableParallelism } from 'node:os';
import type { Log } from '@datasens/core/deps.ts';
import { type Clock, systemClock } from '../step-functions/clock.ts';
import type { Json } from '../step-functions/json.ts';
import { StateError } from '../step-functions/state-error.ts';
import { findFunction } from './find-function.ts';
import { type FunctionPool, openPool } from './function-pool.ts';

export interface FunctionSettings {
  /** For one call; 15 minutes, Lambda's longest, where it is not set. */
  readonly timeoutMs?: number;
  /** Of JavaScript, and of the process as a whole, without what it starts; 128 or more, as on Lambda. 1,024. */
  readonly memoryMb?: number;
  /** How many calls run at once; as many as there are processors, 2 to 4. */
  readonly concurrency?: number;
}

export interface FunctionsOptions {
  /** Each has a file for each of its functions, `<name>.ts` or `<name>.js`, that exports `handler`. Of two by one name the first counts. */
  readonly folders: readonly string[];
  /** Of each function, by its name. */
  readonly settings?: Readonly<Record<string, FunctionSettings>>;
  /** What functions find in their environment, and all of it. */
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly clock?: Clock;
  /** How long a process is kept that nobody calls: 5 minutes. */
  readonly idleMs?: number;
}

export interface Functions extends AsyncDisposable {
  /**
   * Calls a function, in a process of its own, as Lambda does. Rejects with an error of the name and message that Lambda
   * would report; what was thrown and is no error, with its text. Where the signal aborts, the process is killed at
   * once, and all that it has started.
   */
  invoke(name: string, payload: Json, signal: AbortSignal): Promise<unknown>;
}

const DEFAULTS = {
  timeoutMs: 900_000,
  memoryMb: 1_024,
  concurrency: Math.min(Math.max(availableParallelism(), 2), 4),
};
const IDLE_MS = 300_000;

/** The functions of some folders. Disposing ends their processes. */
export function openFunctions(options: FunctionsOptions): Functions {
  const { folders, settings = {}, environment, log, clock = systemClock, idleMs = IDLE_MS } = options;
  const pools = new Map<string, Promise<FunctionPool>>();
  let closed = false;
  const open = async (name: string): Promise<FunctionPool> => {
    const path = await findFunction(folders, name);
    if (closed) throw new Error('the host ends');
    if (path === undefined) throw new StateError('Lambda.ResourceNotFoundException', `Function not found: ${name}`);
    return openPool({ ...DEFAULTS, ...settings[name], name, path, environment, log, clock, idleMs });
  };
  /** All who call a function for the first time wait for the same, so that they keep their order. */
  const find = (name: string): Promise<FunctionPool> => {
    const known = pools.get(name);
    if (known) return known;
    const opening = open(name);
    pools.set(name, opening);
    opening.catch(() => pools.delete(name));
    return opening;
  };
  return {
    async invoke(name, payload, signal) {
      return await (await find(name)).invoke(payload, signal);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      const close = async (opening: Promise<FunctionPool>) => await (await opening)[Symbol.asyncDispose]();
      // What could not be opened has nothing to close.
      await Promise.allSettled([...pools.values()].map(close));
    },
  };
}

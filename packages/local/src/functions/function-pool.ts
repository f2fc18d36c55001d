import { randomUUID } from 'node:crypto';
import { functionArn } from '../step-functions/arns.ts';
import type { Json } from '../step-functions/json.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';
import { createTurns } from './turns.ts';

export interface PoolOptions extends SandboxOptions {
  /** For one call. */
  readonly timeoutMs: number;
  /** How many calls run at once; more wait, in their order. */
  readonly concurrency: number;
  /** How long a process is kept that nobody calls. */
  readonly idleMs: number;
}

/** The processes of one function. */
export interface FunctionPool extends AsyncDisposable {
  invoke(payload: Json, signal: AbortSignal): Promise<unknown>;
}

/**
 * Calls a function in processes that are kept for its next calls, as Lambda keeps its execution environments: one call
 * at a time in each, the one that was busy last first. Disposing ends what runs.
 */
export function openPool({ timeoutMs, concurrency, idleMs, ...options }: PoolOptions): FunctionPool {
  const { name, memoryMb, clock } = options;
  const turns = createTurns(concurrency);
  const closing = new AbortController();
  const all = new Set<Sandbox>();
  const warm: { readonly sandbox: Sandbox; readonly called: AbortController }[] = [];

  const take = (): Sandbox => {
    for (let last = warm.pop(); last; last = warm.pop()) {
      last.called.abort();
      if (last.sandbox.usable) return last.sandbox;
    }
    const sandbox = startSandbox(options);
    all.add(sandbox);
    return sandbox;
  };
  const end = async (sandbox: Sandbox): Promise<void> => {
    await sandbox[Symbol.asyncDispose]();
    all.delete(sandbox);
  };
  const keep = async (sandbox: Sandbox): Promise<void> => {
    const idle = { sandbox, called: new AbortController() };
    warm.push(idle);
    await clock.wait(idleMs, AbortSignal.any([idle.called.signal, closing.signal]));
    const at = warm.indexOf(idle);
    // Called in the same moment.
    if (at === -1) return;
    warm.splice(at, 1);
    await end(sandbox);
  };

  return {
    async invoke(payload, caller) {
      const signal = AbortSignal.any([caller, closing.signal]);
      using _turn = await turns.take(signal);
      const sandbox = take();
      const call = { requestId: randomUUID(), functionName: name, functionArn: functionArn(name), memoryMb, timeoutMs };
      try {
        return await sandbox.call({ ...call, payload: JSON.stringify(payload) }, signal);
      } finally {
        // Called again, or no more.
        (sandbox.usable ? keep(sandbox) : end(sandbox)).catch(() => undefined);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the host ends'));
      await Promise.all([...all].map(end));
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, isAppError } from '../errors.ts';

/** What tries are timed by; a test moves its own. */
export interface Clock {
  /** In milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const monotonicClock: Clock = {
  now: () => performance.now(),
  async wait(ms, signal) {
    await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

export const TRIES = 4;
/** All tries together take no longer. */
export const BUDGET_MS = 30_000;
export const TRY_MS = 5_000;
const BACK_OFF_MS = 1_000;

export interface RetryDeps {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** From 0 up to 1: the jitter. */
  readonly random: () => number;
}

/**
 * Tries until it succeeds, fails for good, or time or tries are used up; waits longer and longer, and never as long as
 * others do at the same time ("full jitter"), or as long as it is told to. Rejects with the last failure, of a try that
 * takes too long with `Transient`, and with the signal's reason as soon as it is aborted, whatever `send` does then.
 */
export async function withRetries(send: (signal: AbortSignal) => Promise<void>, deps: RetryDeps): Promise<void> {
  const { signal, clock, random } = deps;
  const deadline = clock.now() + BUDGET_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withinTime(send, Math.min(TRY_MS, deadline - clock.now()), deps);
    } catch (error) {
      signal.throwIfAborted();
      if (!isAppError(error, 'Transient')) throw error;
      const asked = Number(error.details.retryAfterMs ?? 0);
      const ms = asked || random() * BACK_OFF_MS * 2 ** attempt;
      if (attempt === TRIES || ms >= deadline - clock.now()) {
        const wish = asked ? `, and asks to be left alone for ${Math.ceil(asked / 1_000)} s` : '';
        const often = attempt === 1 ? 'once' : `${attempt} times`;
        throw new AppError('Transient', `${error.message}${wish} (tried ${often})`, { cause: error });
      }
      await clock.wait(ms, signal);
    }
  }
}

async function withinTime(
  send: (signal: AbortSignal) => Promise<void>,
  ms: number,
  { signal, clock }: RetryDeps,
): Promise<void> {
  const end = new AbortController();
  const ended = AbortSignal.any([signal, end.signal]);
  const timeout = async () => {
    await clock.wait(ms, ended);
    throw new AppError('Transient', `there was no answer within ${Math.ceil(ms / 1_000)} s`);
  };
  try {
    await Promise.race([send(ended), timeout()]);
  } finally {
    // Whichever has lost.
    end.abort();
  }
}

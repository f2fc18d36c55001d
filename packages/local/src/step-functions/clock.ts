import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. It may be set, forwards and back. */
  now(): number;
  /** Resolves after `ms`, however the clock is set meanwhile. Rejects with the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** A moment, and how long it was away when it was agreed on. */
export interface Deadline {
  readonly at: number;
  readonly ms: number;
}

export const DAY_MS = 86_400_000;

// The longest that a timer of Node takes.
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: Date.now,
  async wait(ms, signal) {
    for (let left = ms; left > 0; left -= LONGEST_MS) {
      await delay(Math.min(left, LONGEST_MS), undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  },
};

export function deadlineIn(clock: Clock, ms: number): Deadline {
  return { at: clock.now() + ms, ms };
}

/** How long it is until then: by the clock, but never longer than it was, so that a clock set back costs no more. */
export function remaining(clock: Clock, { at, ms }: Deadline): number {
  return Math.min(Math.max(at - clock.now(), 0), ms);
}

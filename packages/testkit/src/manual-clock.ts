import type { Clock } from '@datasens/local/step-functions/clock.ts';

/** A clock that a test moves, and that can be set. */
export interface ManualClock extends Clock {
  /** Lets time pass: who waits for less goes on. */
  pass(ms: number): void;
  /** Sets what it shows, without any time passing. */
  set(now: number): void;
  /** How long those wait who wait, in milliseconds, shortest first. */
  waits(): number[];
}

export function manualClock(start = Date.UTC(2026, 10, 1)): ManualClock {
  let shown = start;
  let passed = 0;
  const waiting = new Set<{ readonly until: number; readonly resolve: () => void }>();
  return {
    now: () => shown,
    set(now) {
      shown = now;
    },
    wait(ms, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (signal.aborted) return Promise.reject(signal.reason);
      if (ms <= 0) return Promise.resolve();
      const waiter = { until: passed + ms, resolve };
      waiting.add(waiter);
      signal.addEventListener('abort', () => {
        waiting.delete(waiter);
        reject(signal.reason);
      });
      return promise;
    },
    pass(ms) {
      shown += ms;
      passed += ms;
      for (const waiter of [...waiting].sort((a, b) => a.until - b.until)) {
        if (waiter.until > passed) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    },
    waits: () => [...waiting].map(({ until }) => until - passed).sort((a, b) => a - b),
  };
}

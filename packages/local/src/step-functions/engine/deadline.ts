import { type Deadline, remaining } from '../clock.ts';
import type { Scope } from './scope.ts';

/** Resolves when it is due; rejects with the reason that the scope's signal aborts with. */
export async function untilDue({ run, signal }: Scope, deadline: Deadline): Promise<void> {
  signal.throwIfAborted();
  await run.deps.clock.wait(remaining(run.deps.clock, deadline), signal);
}

/** What `work` comes to, which may take `ms`; else what `late` throws. The work's signal aborts when nobody waits. */
export async function within<T>(
  { run, signal }: Scope,
  ms: number | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const either = AbortSignal.any([signal, controller.signal]);
  try {
    either.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    either.addEventListener('abort', () => aborted.reject(either.reason), { once: true });
    const racers: Promise<T>[] = [work(either), aborted.promise];
    if (ms !== undefined) {
      racers.push(
        run.deps.clock.wait(ms, either).then(() => {
          throw late();
        }),
      );
    }
    // The losers are told by the signal, and nobody asks what they say to it.
    for (const racer of racers) racer.catch(() => undefined);
    return await Promise.race(racers);
  } finally {
    controller.abort();
  }
}

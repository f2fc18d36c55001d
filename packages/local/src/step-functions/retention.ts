import { setImmediate as otherTurn } from 'node:timers/promises';
import type { Log } from '@datasens/core/deps.ts';
import { type Clock, DAY_MS } from './clock.ts';
import { whenThereIsRoom } from './engine/room.ts';
import type { Journal } from './journal/journal.ts';
import { removeSome } from './journal/removal.ts';

/** Developer Guide, "Service quotas", "Execution history retention time". */
const RETENTION_DAYS = 90;

interface RetentionDeps {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes executions that have been over for so many days, with their histories, now and each day; their names are free
 * again. It takes turns with whatever else the host does, and goes on where it was cut off. Disposing ends it.
 */
export function openRetention(deps: RetentionDeps, days = RETENTION_DAYS): AsyncDisposable {
  const controller = new AbortController();
  const { signal } = controller;
  const done = keepRemoving(deps, days * DAY_MS, signal).catch((error: unknown) => {
    if (error !== signal.reason) throw error;
  });
  return {
    async [Symbol.asyncDispose]() {
      controller.abort();
      await done;
    },
  };
}

async function keepRemoving(deps: RetentionDeps, ageMs: number, signal: AbortSignal): Promise<never> {
  const { clock, log } = deps;
  for (;;) {
    await removeOver(deps, clock.now() - ageMs, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      log(`executions that are over cannot be removed today: ${String(error)}`);
    });
    await clock.wait(DAY_MS, signal);
  }
}

async function removeOver(deps: RetentionDeps, before: number, signal: AbortSignal): Promise<void> {
  const step = () => deps.journal.transaction(() => removeSome(deps.journal, before));
  while (await whenThereIsRoom(deps, signal, step)) await otherTurn();
}

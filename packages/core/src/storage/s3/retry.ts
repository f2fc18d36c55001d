import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from './errors.ts';

/** How often a request is sent, the first time included, whoever sends it again: the SDK, or `withRetries`. */
export const MAX_ATTEMPTS = 6;
const BACK_OFF_MS = 100;

/** For requests that the SDK does not repeat, because their body is a stream. `send` makes a new one each time. */
export async function withRetries<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (signal.aborted || attempt === MAX_ATTEMPTS || !isTransient(error)) throw error;
    }
    await backOff(attempt, signal);
  }
}

/** Waits longer and longer, and never as long as others do at the same time ("full jitter"). */
export async function backOff(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(Math.random() * BACK_OFF_MS * 2 ** attempt, undefined, { signal });
}

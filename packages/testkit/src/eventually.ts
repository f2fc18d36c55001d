import { vi } from 'vitest';

/** As long as a slow machine may take; less where a fault is expected to make it for ever. */
const PATIENCE = { timeout: Number(process.env.DATASENS_TEST_PATIENCE_MS ?? 100_000), interval: 20 };

/** Waits until the assertions hold, and gives what they do. */
export function eventually<T>(assertions: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertions, PATIENCE);
}

/** What a promise gives, where a fault may be that it gives nothing for ever. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await until(() => isSettled);
  return await promise;
}

/** Waits until a condition is true, and gives what makes it so. Who counts how often it is asked is asked less often. */
export function until<T>(condition: () => T | Promise<T>, interval = PATIENCE.interval) {
  return vi.waitUntil(condition, { ...PATIENCE, interval });
}

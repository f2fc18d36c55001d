import { vi } from 'vitest';

/** Waits until the assertions hold, for as long as a slow machine may take. */
export function eventually(assertions: () => void): Promise<void> {
  return vi.waitFor(assertions, { timeout: 60_000, interval: 5 });
}

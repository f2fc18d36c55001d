import { vi } from 'vitest';

/** As long as a slow machine may take; less where a fault is expected to make it for ever. */
const PATIENCE_MS = Number(process.env.DATASENS_TEST_PATIENCE_MS ?? 60_000);

/** Waits until the assertions hold. */
export function eventually(assertions: () => void): Promise<void> {
  return vi.waitFor(assertions, { timeout: PATIENCE_MS, interval: 5 });
}

const cycle: Record<string, unknown> = {};
cycle.cycle = cycle;

const RESULTS: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  function: () => () => 1,
  date: () => new Date(0),
  bigint: () => 1n,
  cycle: () => cycle,
  // With its quotes: 6,291,556 bytes, the most that Lambda takes.
  largest: () => 'x'.repeat(6_291_554),
  'too large': () => 'x'.repeat(6_291_555),
  // Fewer characters than that, but more bytes.
  'too large in UTF-8': () => 'é'.repeat(3_145_778),
};

/** Returns what it is told to. */
export function handler(what: string) {
  return RESULTS[what]?.();
}

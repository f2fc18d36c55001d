/** What a caller may do: so many requests at once, and so many a second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** So many callers are remembered; a caller who is forgotten begins anew, and those are the ones who have been quiet longest. */
const MOST_CALLERS = 10_000;

/**
 * A bucket of tokens for each caller. `take` returns 0 where the request may pass, else the seconds until the next one may.
 * `nowMs` is of a clock that nobody sets.
 */
export function rateLimit({ burst, perSecond }: Rate, nowMs: () => number): { take(caller: string): number } {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(caller) {
      const at = nowMs();
      const { tokens: before, at: since } = buckets.get(caller) ?? { tokens: burst, at };
      const tokens = Math.min(burst, before + ((at - since) / 1_000) * perSecond);
      // The one who has called last is the last.
      buckets.delete(caller);
      buckets.set(caller, { tokens: tokens >= 1 ? tokens - 1 : tokens, at });
      const [oldest] = buckets.keys();
      if (buckets.size > MOST_CALLERS && oldest !== undefined) buckets.delete(oldest);
      return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / perSecond);
    },
  };
}

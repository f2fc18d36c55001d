import type { Retrier } from '../definition/state-machine.ts';
import type { Progress } from '../journal/positions.ts';
import type { StateError } from '../state-error.ts';

/**
 * Whether a retrier or catcher is for an error (Developer Guide, "Error names"): nothing is for `States.Runtime`, and
 * `States.ALL` is for all others but `States.DataLimitExceeded`.
 */
export function matches(errorEquals: readonly string[], { name, aliases }: StateError): boolean {
  if (name === 'States.Runtime') return false;
  const names = [name, ...aliases];
  return errorEquals.some((wanted) => {
    if (names.includes(wanted)) return true;
    if (name === 'States.DataLimitExceeded') return false;
    if (wanted === 'States.TaskFailed') return !names.includes('States.Timeout');
    return wanted === 'States.ALL';
  });
}

/**
 * When to try again, and what to remember of it; undefined for an error that ends the state. Defaults and growth:
 * Specification, "Retrying After Error".
 */
export function planRetry(
  retriers: readonly Retrier[],
  progress: Progress,
  error: StateError,
  random: () => number,
): (Pick<Progress, 'retries' | 'retriesBy'> & { readonly delayMs: number }) | undefined {
  const index = retriers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, error));
  const retrier = retriers[index];
  if (!retrier) return undefined;
  const { IntervalSeconds = 1, MaxAttempts = 3, BackoffRate = 2, MaxDelaySeconds = Infinity, JitterStrategy } = retrier;
  const done = progress.retriesBy?.[index] ?? 0;
  if (done >= MaxAttempts) return undefined;
  const longest = Math.min(IntervalSeconds * BackoffRate ** done, MaxDelaySeconds);
  const seconds = JitterStrategy === 'FULL' ? random() * longest : longest;
  return {
    retries: (progress.retries ?? 0) + 1,
    retriesBy: retriers.map((_, each) => (progress.retriesBy?.[each] ?? 0) + (each === index ? 1 : 0)),
    delayMs: Math.round(seconds * 1_000),
  };
}

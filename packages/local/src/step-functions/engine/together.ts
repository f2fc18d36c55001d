import type { Scope } from './scope.ts';

/**
 * Does `work` for 0 to `count` - 1, in order, so many at once. The first that throws aborts the signal of the others;
 * when all have ended, it is thrown.
 */
export async function together(
  { signal }: Scope,
  count: number,
  atOnce: number,
  work: (index: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const either = AbortSignal.any([signal, controller.signal]);
  let next = 0;
  let first: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < count && !either.aborted) {
      const index = next;
      next += 1;
      await work(index, either).catch((error: unknown) => {
        // Those that the signal ended say so after it.
        first ??= { error };
        controller.abort();
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker));
  signal.throwIfAborted();
  if (first) throw first.error;
}

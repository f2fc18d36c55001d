/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. `work` is not stopped by that. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    // A listener for each chunk of a long body would pile up on a signal that never aborts.
    signal.removeEventListener('abort', abort);
  }
}

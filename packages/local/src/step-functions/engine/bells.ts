/** Tells those who wait for it that something has changed, by its key. */
export interface Bells {
  ring(key: string): void;
  /** Resolves at the next ring; rejects with the signal's reason. */
  heard(key: string, signal: AbortSignal): Promise<void>;
}

export function createBells(): Bells {
  const waiting = new Map<string, Set<() => void>>();
  return {
    ring(key) {
      const called = waiting.get(key);
      waiting.delete(key);
      for (const resolve of called ?? []) resolve();
    },
    heard(key, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.throwIfAborted();
      const those = waiting.get(key) ?? new Set();
      waiting.set(key, those.add(resolve));
      signal.addEventListener(
        'abort',
        () => {
          those.delete(resolve);
          if (those.size === 0 && waiting.get(key) === those) waiting.delete(key);
          reject(signal.reason);
        },
        { once: true },
      );
      return promise;
    },
  };
}

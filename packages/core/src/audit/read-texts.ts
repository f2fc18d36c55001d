import type { BlobStore } from '../storage/blob-store.ts';
import { readSmall } from './journal-store.ts';

/** A request to a bucket takes milliseconds whatever its size: objects are read this many at a time. */
const READERS = 16;

/** Small objects as text, in the order of the keys; without those that are not there. */
export async function readTexts(
  store: BlobStore,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const texts = new Map<string, string | undefined>(keys.map((key) => [key, undefined]));
  const queue = keys.values();
  const reader = async () => {
    for (const key of queue) {
      const text = await readSmall(store, key, signal);
      if (text === undefined) texts.delete(key);
      else texts.set(key, text);
    }
  };
  await Promise.all(Array.from({ length: Math.min(READERS, keys.length) }, reader));
  return texts as Map<string, string>;
}

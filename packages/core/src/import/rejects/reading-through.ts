import { createHash } from 'node:crypto';
import type { Reading } from '../reading.ts';

/** The same reading, of a source whose stored bytes become those that it reads by `open`. Their hash is of the stored. */
export function readingThrough(
  open: (stored: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
  reading: Reading,
): Reading {
  return {
    ...reading,
    async openRows(source, columns, signal) {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      async function* stored(): AsyncGenerator<Uint8Array> {
        for await (const chunk of source.read({ signal })) {
          hash.update(chunk);
          sizeBytes += chunk.length;
          yield chunk;
        }
      }
      const { batches } = await reading.openRows({ ...source, read: () => open(stored()) }, columns, signal);
      return {
        batches,
        readBytes: () => sizeBytes,
        stored: () => ({ sha256: hash.copy().digest('hex'), sizeBytes }),
      };
    },
  };
}

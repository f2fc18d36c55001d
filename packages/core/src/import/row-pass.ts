import type { SplitBatch } from './csv/split-records.ts';
import { type Content, openContent } from './source/open-content.ts';
import type { Source } from './source/source.ts';

/** One pass over the rows of a source. */
export interface RowPass extends Pick<Content, 'readBytes' | 'stored'> {
  /** To be iterated once. */
  readonly batches: AsyncIterable<SplitBatch>;
}

/** A pass over what is read from its first byte to its last. Throws what `openContent` throws. */
export async function streamRows(
  source: Source,
  signal: AbortSignal | undefined,
  split: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<SplitBatch>,
): Promise<RowPass> {
  const { bytes, readBytes, stored } = await openContent(source, signal);
  return { batches: split(bytes), readBytes, stored };
}

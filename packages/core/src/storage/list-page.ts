import { AppError } from '../errors.ts';
import type { BlobInfo, BlobPage } from './blob-store.ts';

export const MAX_PAGE = 1_000;

/** How many objects a page has of which a caller wants `limit`. Throws `InvalidInput`. */
export function pageSize(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1) return Math.min(limit, MAX_PAGE);
  throw new AppError('InvalidInput', `expected a page of 1 to ${MAX_PAGE} objects, got ${limit}`);
}

/** The first `limit` of `blobs`, and where the next page starts if there are more. */
export async function takePage(blobs: AsyncIterable<BlobInfo>, limit: number): Promise<BlobPage> {
  const size = pageSize(limit);
  const page: BlobInfo[] = [];
  for await (const blob of blobs) {
    const last = page.at(-1);
    if (last !== undefined && page.length === size) return { blobs: page, next: last.key };
    page.push(blob);
  }
  return { blobs: page };
}

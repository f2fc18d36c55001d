import * as z from 'zod';
import { ApiError } from '../api-error.ts';

/** API reference: at most 1,000 on a page, 100 where nothing is said. */
export const PAGE = {
  maxResults: z.int().min(0).max(1_000).optional(),
  nextToken: z.string().min(1).max(3_096).optional(),
};

interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/**
 * A page of a list, and the token of the next one if there is one. `list` gives what follows a position, at most so
 * many; the token is only good for what it came from. Throws `InvalidToken`.
 */
export function page<Item>(
  { maxResults, nextToken }: PageRequest,
  of: string,
  list: (after: number | undefined, limit: number) => readonly Item[],
  positionOf: (item: Item) => number,
): { readonly items: readonly Item[]; readonly nextToken?: string } {
  const limit = maxResults || 100;
  // One more tells whether there is more.
  const found = list(nextToken === undefined ? undefined : positionIn(nextToken, of), limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  return { items, nextToken: Buffer.from(JSON.stringify([of, positionOf(last)])).toString('base64url') };
}

function positionIn(token: string, of: string): number {
  try {
    const [what, position] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (what === of && typeof position === 'number') return position;
  } catch {
    // Not one of ours either.
  }
  throw new ApiError('InvalidToken', "Invalid Token: 'Invalid token'");
}

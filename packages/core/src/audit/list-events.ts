import * as z from 'zod';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { canonicalJson } from './canonical-json.ts';
import type { JournalEvent } from './journal-event.ts';
import type { PageRequest } from './list-dumps.ts';
import { badCursor } from './page-cursor.ts';
import { selectEvents } from './read-events.ts';

export interface EventPage {
  readonly events: readonly JournalEvent[];
  /** Gives the next page; absent on the last one. */
  readonly cursor?: string;
}

/** A function answers with 6 MB at most (Lambda quotas); an event takes 64 KiB. */
const MAX_PAGE_BYTES = 4 * 1_048_576;

const Limit = z.int().min(1).max(1_000);

/**
 * One page of the journal, newest first: of one dump, or all of it. A page is shorter than `limit` where its events are
 * large. What is appended meanwhile never makes another event appear twice or not at all. Throws `InvalidInput` for a bad limit or cursor.
 */
export async function listEvents(
  db: Queryable,
  { dumpId }: { readonly dumpId?: number | undefined },
  { limit, cursor }: PageRequest,
): Promise<EventPage> {
  if (!Limit.safeParse(limit).success) throw new AppError('InvalidInput', 'limit: expected 1 to 1000');
  const before = cursor === undefined ? null : seqOf(cursor);
  // One more than asked for tells whether there is another page.
  const stored = await selectEvents(
    db,
    `where ($1::bigint is null or dump_id = $1) and ($2::bigint is null or seq < $2) order by seq desc limit $3`,
    [dumpId ?? null, before, limit + 1],
  );
  const events: JournalEvent[] = [];
  let bytes = 0;
  for (const { event } of stored.slice(0, limit)) {
    bytes += Buffer.byteLength(canonicalJson(event));
    if (events.length > 0 && bytes > MAX_PAGE_BYTES) break;
    events.push(event);
  }
  const last = events.at(-1);
  return { events, ...(last && events.length < stored.length ? { cursor: cursorOf(last.seq) } : {}) };
}

/** Opaque: it may change its form between versions. */
function cursorOf(seq: number): string {
  return Buffer.from(`seq ${seq}`).toString('base64url');
}

function seqOf(cursor: string): number {
  const [, seq] = /^seq ([1-9]\d{0,14})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (seq === undefined) throw badCursor();
  return Number(seq);
}

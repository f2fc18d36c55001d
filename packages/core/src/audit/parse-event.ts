import * as z from 'zod';
import { CHANGED_TABLES } from './change.ts';
import { EVENT_NAMES, type JournalEvent } from './journal-event.ts';
import { linkOfObject } from './link.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const Event = z.strictObject({
  format: z.literal(1),
  seq: z.int().positive(),
  event: z.enum(EVENT_NAMES),
  dumpId: z.int().nullable(),
  at: z.string(),
  user: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  changes: z.array(
    z.strictObject({
      table: z.enum(CHANGED_TABLES),
      op: z.enum(['insert', 'update']),
      row: z.record(z.string(), Scalar),
    }),
  ),
  previousHash: z.string(),
  hash: z.string(),
});

/** What stands under the key of event `seq`, made sure of: the event, or why it is none. */
export function parseEvent(seq: number, text: string): JournalEvent | string {
  if (!linkOfObject(seq, text).intact) return 'is not what was sealed';
  const parsed = Event.safeParse(JSON.parse(text));
  return parsed.success ? (parsed.data as JournalEvent) : 'is no event that this version reads';
}

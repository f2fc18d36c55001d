import * as z from 'zod';
import type { JournalEvent } from '../audit/journal-event.ts';
import { findPlace } from '../catalog/dump-place.ts';
import { rejectsPlaceOf } from '../catalog/rejects-place.ts';
import { AppError } from '../errors.ts';

/** What a deletion is about: the objects of a dump, what an import rejected or refused, a file that was imported. */
export const SUBJECTS = ['dump', 'rejects', 'imported'] as const;

/** The detail of the event SUPPRIME that marks what is to be deleted, before anything is; its certificate repeats it. */
export const Deletion = z.object({
  phase: z.literal('marked'),
  what: z.enum(SUBJECTS),
  /** Everything below it goes; of an imported file its very key. */
  prefix: z.string(),
  /** Of the data, in T38; of an imported file again the key. */
  key: z.string(),
  uri: z.string(),
  sizeBytes: z.number().nullable(),
  /** Of the stored data. */
  sha256: z.string().nullable(),
  manifestSha256: z.string().nullable(),
  why: z.enum(['rotation', 'term']),
  rule: z.string(),
  reasons: z.array(z.string()),
  /** The end of the legal term, ISO 8601 UTC. */
  term: z.string().nullable(),
  /** Whether the data was there when it was marked. */
  stored: z.boolean(),
});
export type Deletion = z.infer<typeof Deletion>;

/**
 * What a mark says, made sure of: what is deleted is all that is below a prefix. Throws `Conflict` for an event that is
 * not what was sealed, and one that names what no deletion of ours would.
 */
export function deletionOf({ event, intact }: { readonly event: JournalEvent; readonly intact: boolean }): Deletion {
  const parsed = Deletion.safeParse(event.detail);
  if (intact && parsed.success && isOurs(parsed.data, event.dumpId)) return parsed.data;
  throw new AppError(
    'Conflict',
    `event ${event.seq} of t39_dump_evenement is not the mark that was recorded, and nothing is deleted by it: run datasens journal verify`,
    { seq: event.seq },
  );
}

function isOurs({ what, prefix, key }: Deletion, dumpId: number | null): boolean {
  switch (what) {
    case 'dump':
      return dumpId !== null && findPlace(key, dumpId)?.prefix === prefix;
    case 'rejects':
      return isRejects(prefix, dumpId);
    case 'imported':
      return prefix.startsWith('imported/') && prefix === key;
  }
}

function isRejects(prefix: string, dumpId: number | null): boolean {
  const place = rejectsPlaceOf(prefix);
  return place?.prefix === prefix && place.dumpId === dumpId;
}

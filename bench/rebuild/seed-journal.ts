import { CATALOGUE_FORMAT } from '@datasens/core/audit/catalogue.ts';
import { eventText } from '@datasens/core/audit/journal-event.ts';
import { eventKey, writeHead } from '@datasens/core/audit/journal-store.ts';
import { mirrorJournal } from '@datasens/core/audit/mirror-journal.ts';
import type { Deps } from '@datasens/core/deps.ts';
import { MINUTE_MS } from '../expiry/seed-dumps.ts';
import { creationEvent } from './creation-event.ts';
import type { Bucket } from './place.ts';
import { writeAll } from './write-all.ts';

/** Fills a bucket with a journal of the creation of so many dumps, and with nothing of the dumps themselves. */
export async function seedJournal(
  deps: Pick<Deps, 'db' | 'store' | 'signal'>,
  { put }: Pick<Bucket, 'put'>,
  count: number,
): Promise<void> {
  const { store, signal } = deps;
  let { head } = await mirrorJournal(deps);
  await writeAll(count, async (dumpId) => {
    const event = creationEvent(store, dumpId, new Date(Date.UTC(2026, 0, 1) + dumpId * MINUTE_MS), head);
    head = { seq: event.seq, hash: event.hash, catalog: CATALOGUE_FORMAT };
    await put(eventKey(event.seq), Buffer.from(eventText(event)));
  });
  await writeHead(store, head, signal);
}

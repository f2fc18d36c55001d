import { canonicalJson } from './canonical-json.ts';
import { eventText, isIntact, type JournalEvent } from './journal-event.ts';
import type { StoredEvent } from './read-events.ts';

/** One event as one side, database or bucket, holds it. */
export interface Link {
  /** Whether it is sealed: canonical, with its own number and the hash of its content. */
  readonly intact: boolean;
  readonly text: string;
  readonly hash: string;
  readonly previousHash: string;
}

export function linkOfRow({ event, intact }: StoredEvent): Link {
  return { intact, text: eventText(event), hash: event.hash, previousHash: event.previousHash };
}

/** `text` is what stands under the key of event `seq`: anything, where somebody tampered with it. */
export function linkOfObject(seq: number, text: string): Link {
  const { event, canonical } = parse(text);
  const { hash, previousHash } = event;
  return {
    intact: canonical && event.format === 1 && event.seq === seq && isIntact(event as unknown as JournalEvent),
    text,
    hash: typeof hash === 'string' ? hash : '',
    previousHash: typeof previousHash === 'string' ? previousHash : '',
  };
}

function parse(text: string): { event: Record<string, unknown>; canonical: boolean } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { event: { ...value }, canonical: canonicalJson(value) === text };
    }
  } catch {
    // Neither JSON nor a journal's event.
  }
  return { event: {}, canonical: false };
}

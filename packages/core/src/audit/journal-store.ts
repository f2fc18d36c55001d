import * as z from 'zod';
import { AppError, isAppError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { canonicalJson } from './canonical-json.ts';
import { eventText, type JournalEvent, MAX_EVENT_BYTES, ORIGIN_HASH } from './journal-event.ts';

export const JOURNAL_PREFIX = 'journal/';
export const HEAD_KEY = `${JOURNAL_PREFIX}head.json`;

/** How far the mirror has come. Written after the object that it names, so it never promises one that is missing. */
export interface JournalHead {
  readonly seq: number;
  readonly hash: string;
  /** The format of the catalogue that is in the store, complete up to this event; absent where none is. */
  readonly catalog?: number | undefined;
}

/** The head of a store that holds no journal. */
export const ORIGIN: JournalHead = { seq: 0, hash: ORIGIN_HASH };

const Head = z.object({
  seq: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  catalog: z.int().optional(),
});

/** The key of an event's object: twelve digits, so that listings are in the journal's order. */
export function eventKey(seq: number): string {
  return `${JOURNAL_PREFIX}${String(seq).padStart(12, '0')}.json`;
}

/** The number in an event's key; undefined for any other key. */
export function seqOfKey(key: string): number | undefined {
  const digits = /^journal\/(\d{12})\.json$/.exec(key)?.[1];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
}

/** The head, or ORIGIN where there is none. Throws `Conflict` for one that nobody of ours has written. */
export async function readHead(store: BlobStore, signal: AbortSignal): Promise<JournalHead> {
  const text = await readSmall(store, HEAD_KEY, signal);
  if (text === undefined) return ORIGIN;
  const head = Head.safeParse(parseJson(text));
  if (head.success) return head.data;
  throw new AppError('Conflict', `${store.uriOf(HEAD_KEY)} is not the head of a journal: run datasens journal verify`);
}

export async function writeHead(
  store: BlobStore,
  { seq, hash, catalog }: JournalHead,
  signal: AbortSignal,
): Promise<void> {
  await store.put(HEAD_KEY, bytesOf(canonicalJson({ seq, hash, catalog })), { signal });
}

/**
 * Stores an event once. One that is there already, byte for byte, is done: the process before us was killed between
 * object and head. Throws `Conflict` for another one: two databases write into this journal, or one was rewritten.
 */
export async function putEvent(store: BlobStore, event: JournalEvent, signal: AbortSignal): Promise<void> {
  const key = eventKey(event.seq);
  const text = eventText(event);
  try {
    await store.put(key, bytesOf(text), { ifAbsent: true, signal });
  } catch (error) {
    if (!isAppError(error, 'Conflict')) throw error;
    if ((await readSmall(store, key, signal)) === text) return;
    throw new AppError(
      'Conflict',
      `journal fork: ${store.uriOf(key)} holds another event than t39_dump_evenement. Two audit databases share this storage, or one was rewritten: run datasens journal verify`,
      { cause: error, seq: event.seq },
    );
  }
}

/** An object of the journal as text, or undefined where there is none. Of one that is too large, only the beginning. */
export async function readSmall(store: BlobStore, key: string, signal: AbortSignal): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of store.read(key, { signal })) {
      chunks.push(chunk);
      sizeBytes += chunk.byteLength;
      if (sizeBytes > MAX_EVENT_BYTES) break;
    }
  } catch (error) {
    if (isAppError(error, 'NotFound')) return undefined;
    throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bytesOf(text: string): Uint8Array[] {
  return [Buffer.from(text)];
}

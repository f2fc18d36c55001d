import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { Change } from './change.ts';

/** What happened, as `t39_dump_evenement.evenement` names it. INITIALISE opens the journal. */
export const EVENT_NAMES = [
  'INITIALISE',
  'CREE',
  'VERIFIE',
  'PROUVE',
  'RESTAURE',
  'ARCHIVE',
  'SUPPRIME',
  'RETENU',
  'LIBERE',
  'IMPORTE',
  'ANNULE',
  'REJETE',
  'DEMANDE',
  'APPROUVE',
  'REFUSE',
  'UTILISE',
  'COMMENCE',
  'ECHOUE',
  'TERMINE',
  'ECHEC',
  'REBATI',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

export type JsonObject = { readonly [key: string]: Json | undefined };

/** An event that has not been given its place in the journal. */
export interface NewEvent {
  readonly event: EventName;
  readonly dumpId?: number;
  /** Who acts. */
  readonly user?: string;
  readonly detail?: JsonObject;
  /** What it changes in T38–T42, in the order in which the rows are locked: ledger, then T38, then T41. */
  readonly changes?: readonly Change[];
}

/**
 * One link of the chain; docs/journal.md describes it for third parties. `hash` is the SHA-256, in lower-case hex, of
 * the canonical JSON of all other properties, and `previousHash` the hash of the event before, or ORIGIN_HASH.
 */
export interface JournalEvent {
  readonly format: 1;
  /** 1, 2, 3 … without a gap. */
  readonly seq: number;
  readonly event: EventName;
  readonly dumpId: number | null;
  /** ISO 8601, UTC, with as many fractional digits as are not zero. */
  readonly at: string;
  readonly user: string | null;
  readonly detail: JsonObject;
  readonly changes: readonly Change[];
  readonly previousHash: string;
  readonly hash: string;
}

/** What the first event follows. */
export const ORIGIN_HASH = '0'.repeat(64);

/** A row of T39 takes no more than this as an object; it bounds the memory of whoever reads many. */
export const MAX_EVENT_BYTES = 64 * 1024;

/** Gives an event its hash. */
export function sealEvent(event: Omit<JournalEvent, 'hash'>): JournalEvent {
  return { ...event, hash: hashOf(event) };
}

/** Whether the event is what was sealed. Its place in the chain is another question. */
export function isIntact({ hash, ...event }: JournalEvent): boolean {
  return hash === hashOf(event);
}

/** The bytes of the mirrored object, as text. */
export function eventText(event: JournalEvent): string {
  return canonicalJson(event);
}

function hashOf(event: Omit<JournalEvent, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(event)).digest('hex');
}

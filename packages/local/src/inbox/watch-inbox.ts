import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INBOX } from '@datasens/core/catalog/inbox-place.ts';
import type { Log } from '@datasens/core/deps.ts';
import type { BlobInfo, BlobStore } from '@datasens/core/storage/blob-store.ts';
import { listPages } from '@datasens/core/storage/list-pages.ts';
import * as z from 'zod';
import type { Clock } from '../step-functions/clock.ts';
import type { Json, JsonObject } from '../step-functions/json.ts';
import { deliveryOf } from './delivery.ts';
import { openForWriting } from './open-for-writing.ts';

/** How those call files that they have not written to the end: rsync, browsers, most that download or copy. */
const UNFINISHED = /(^|\/)\.[^/]*$|(~|\.part|\.partial|\.filepart|\.crdownload|\.tmp)$/i;
/** SQS hands over so many at once (Lambda Developer Guide, "Using Lambda with Amazon SQS"). */
const BATCH = 10;

const Answer = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

export interface InboxDeps {
  readonly store: BlobStore;
  /** Calls the function `starter`. */
  readonly starter: (batch: JsonObject, signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Inbox extends AsyncDisposable {
  /** Looks now, rather than when it is time. */
  look(): void;
}

/**
 * Hands each file of the inbox to the starter, once while this host lives: events may be lost, doubled or late, what is
 * listed is what is there. Into a folder files are written while it is looked at: one counts when it has not changed
 * from one look to the next, and nobody has it open for writing. Disposing ends it.
 */
export function watchInbox(deps: InboxDeps, everyMs: number): Inbox {
  const { clock, log, store } = deps;
  const controller = new AbortController();
  const { signal } = controller;
  let called = Promise.withResolvers<void>();
  const watch = async (): Promise<never> => {
    let before: Seen = { settled: new Map(), delivered: new Map() };
    for (;;) {
      before = await look(deps, before, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        log(`the inbox of ${store.uri} cannot be looked at, and is again later: ${String(error)}`);
        return before;
      });
      // Whoever is called away waits no longer: calls may be many, and the time until the next look long.
      const waiting = new AbortController();
      const due = clock.wait(everyMs, AbortSignal.any([signal, waiting.signal]));
      await Promise.race([due, called.promise]);
      waiting.abort();
      called = Promise.withResolvers();
    }
  };
  const done = watch().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    look: () => called.resolve(),
    async [Symbol.asyncDispose]() {
      controller.abort();
      await done;
    },
  };
}

/** Versions of files by their keys: those that were there at the last look, and those that the starter has taken. */
interface Seen {
  readonly settled: ReadonlyMap<string, string>;
  readonly delivered: ReadonlyMap<string, string>;
}

async function look(deps: InboxDeps, before: Seen, signal: AbortSignal): Promise<Seen> {
  const { store } = deps;
  const isFolder = store.uri.startsWith('file:');
  const settled = new Map<string, string>();
  const delivered = new Map<string, string>();
  const ready: BlobInfo[] = [];
  for await (const blobs of listPages(store, INBOX, { signal })) {
    for (const blob of blobs) {
      const { key } = blob;
      if (UNFINISHED.test(key)) continue;
      const version = versionOf(blob);
      settled.set(key, version);
      if (before.delivered.get(key) === version) delivered.set(key, version);
      else if (!isFolder || before.settled.get(key) === version) ready.push(blob);
    }
  }
  const complete = isFolder ? await withoutOpen(store, ready) : ready;
  for (let first = 0; first < complete.length; first += BATCH) {
    for (const taken of await deliver(deps, complete.slice(first, first + BATCH), signal)) {
      delivered.set(taken.key, versionOf(taken));
    }
  }
  return { settled, delivered };
}

function versionOf({ etag, modifiedAt }: BlobInfo): string {
  return `${etag} ${modifiedAt.getTime()}`;
}

async function withoutOpen(store: BlobStore, files: readonly BlobInfo[]): Promise<readonly BlobInfo[]> {
  if (files.length === 0) return files;
  const root = fileURLToPath(store.uri);
  const real = await realpath(root);
  const open = await openForWriting(real);
  return files.filter(({ key }) => !open.has(join(real, relative(root, fileURLToPath(store.uriOf(key))))));
}

/** Those that the starter has taken. */
async function deliver({ starter, store, log }: InboxDeps, files: readonly BlobInfo[], signal: AbortSignal) {
  try {
    const answer = (await starter(deliveryOf(store.uri, files), signal)) as Json;
    const failed = new Set(Answer.parse(answer).batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier)));
    return files.filter((_, index) => !failed.has(index));
  } catch (error) {
    signal.throwIfAborted();
    log(`${files.length} files of the inbox could not be handed over, and are again later: ${String(error)}`);
    return [];
  }
}

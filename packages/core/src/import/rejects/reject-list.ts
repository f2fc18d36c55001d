import { encrypt } from '../../crypto/encrypt.ts';
import { AppError } from '../../errors.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Reject } from '../csv/reject.ts';
import { type RejectObjects, removeRejects } from './reject-objects.ts';

/** So many are shown, and looked for where they are too many. */
export const SHOWN_REJECTS = 20;

export interface RejectList extends AsyncDisposable {
  readonly count: number;
  readonly first: readonly Reject[];
  /** Takes a row that cannot be loaded. Throws `TooManyRejects` when there are more than allowed, and enough to show. */
  add(reject: Reject): Promise<void>;
  /** The rows are through. Throws `TooManyRejects`; returns where they are stored, durably; null where there are none. */
  close(): Promise<string | null>;
}

export interface RejectListOptions {
  readonly store: BlobStore;
  readonly objects: RejectObjects;
  /** Whom they are encrypted to, where they are. */
  readonly recipients: readonly string[];
  /** From `formatRejectsReading`: stored beside them. */
  readonly reading: Uint8Array;
  readonly maxRejects: number;
  readonly signal: AbortSignal;
}

/**
 * Keeps the rejects of one pass: an object of NDJSON, `{"line", "raw", "reason"}`, written as they come. Disposing of a
 * list that was not closed leaves no object.
 */
export function rejectList(options: RejectListOptions): RejectList {
  const { store, objects, recipients, reading, maxRejects, signal } = options;
  const first: Reject[] = [];
  /** The reader's come before the server's, batch by batch; the object has them as they come. */
  const shown = () => first.toSorted((a, b) => a.line - b.line);
  let count = 0;
  let upload: Upload | undefined;

  const put: Put = (key, body) => store.put(key, objects.encrypted ? encrypt(body, recipients) : body, { signal });

  const expectFew = () => {
    if (count > maxRejects) throw tooMany(shown(), count, maxRejects);
  };

  return {
    get count() {
      return count;
    },
    get first() {
      return shown();
    },
    async add(reject) {
      count += 1;
      if (first.length < SHOWN_REJECTS) first.push(reject);
      if (count > maxRejects) {
        if (count >= SHOWN_REJECTS) expectFew();
        return;
      }
      upload ??= startUpload((body) => put(objects.rejects, body));
      await upload.write(`${JSON.stringify({ line: reject.line, raw: reject.raw, reason: reject.reason })}\n`);
    },
    async close() {
      expectFew();
      if (upload === undefined) return null;
      try {
        await put(objects.reading, [reading]);
        await upload.end();
        upload = undefined;
        return store.uriOf(objects.rejects);
      } catch (error) {
        await removeRejects(store, objects);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await upload?.abort();
    },
  };
}

function tooMany(first: readonly Reject[], count: number, maxRejects: number): AppError {
  const shown = first.map(({ line, reason }) => `- line ${line}: ${reason}`).join('\n');
  const rows = count >= SHOWN_REJECTS ? `${SHOWN_REJECTS} rows or more` : count === 1 ? '1 row' : `${count} rows`;
  return new AppError(
    'TooManyRejects',
    `${rows} cannot be loaded, and ${maxRejects === 0 ? 'none may be left out' : `${maxRejects} may be left out`}. Nothing was loaded:\n${shown}\nCorrect them, or leave them out with --max-rejects`,
    { count, maxRejects, rejects: first },
  );
}

interface Upload {
  write(line: string): Promise<void>;
  end(): Promise<void>;
  abort(): Promise<void>;
}

type Put = (key: string, body: Parameters<BlobStore['put']>[1]) => Promise<unknown>;

function startUpload(put: (body: AsyncIterable<Uint8Array>) => Promise<unknown>): Upload {
  const pipe = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 64 });
  const writer = pipe.writable.getWriter();
  const stored = put(pipe.readable);
  // Whoever writes next, or ends, is told.
  stored.catch((error: unknown) => writer.abort(error).catch(() => undefined));
  const outcome = () => stored.then(() => undefined);
  return {
    async write(line) {
      await writer.ready.catch(outcome);
      // Its failure is that of the upload, which is awaited in the end.
      writer.write(Buffer.from(line)).catch(() => undefined);
    },
    async end() {
      await writer.close().catch(outcome);
      await outcome();
    },
    async abort() {
      await writer.abort(new Error('the rejects are not kept')).catch(() => undefined);
      await outcome().catch(() => undefined);
    },
  };
}

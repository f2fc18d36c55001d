import { setImmediate as nextTurn } from 'node:timers/promises';
import { quoteIdentifier, quoteQualified } from '../postgres/quote.ts';
import { type RowError, rowErrorOf } from '../postgres/row-error.ts';
import { type CopyRows, copyRows } from './copy-rows.ts';
import { type Reject, rawText } from './csv/reject.ts';
import type { SplitRecord } from './csv/split-records.ts';
import { CHECK_DEFERRED, type LoadJob, type LoadOutcome } from './load-job.ts';
import { recordCheck } from './types/record-check.ts';

/**
 * A batch is one COPY: large, and with few round trips, for they leave the server idle; smaller where rows are refused,
 * for then it is sent again.
 */
const MOST_ROWS = 32_768;
const FEWEST_ROWS = 64;
const MOST_BYTES = 4_194_304;
/** A socket holds as much as the server loads in a few milliseconds: it is filled again after so many rows. */
const ROWS_A_TURN = 512;

/**
 * The tolerant path: our reader splits the rows, and COPY gets them in its text format, in batches. A row that the
 * server refuses, for its type, a constraint or a trigger, is found, rejected with the server's reason, and the others
 * go on, all within the one transaction. Throws `TooManyRejects`, and what is about the server or the source.
 */
export async function loadTolerant(job: LoadJob): Promise<LoadOutcome> {
  const { table, columns } = job;
  const names = columns.map(({ name }) => quoteIdentifier(name));
  return loadInto(job, { table: quoteQualified(table.schema, table.name), columns: names, withSource: false });
}

/** Where rows go, as SQL writes names. */
export interface Destination {
  readonly table: string;
  readonly columns: readonly string[];
  /** Whether its first two columns are for the line and the text of each record; the others are those of the job. */
  readonly withSource: boolean;
}

/** The tolerant path into any table. The server loads a batch while the next one is read. */
export async function loadInto(job: LoadJob, destination: Destination): Promise<LoadOutcome> {
  const { deps, source, reading, columns } = job;
  const pass = await reading.openRows(source, columns, deps.signal);
  const misfit = recordCheck(columns, reading.decimal, reading.grammar);
  await using load = batchLoader(job, destination);
  let read = 0;
  let rows = 0;
  for await (const batch of pass.batches) {
    if (batch.lateKey !== undefined) return { kind: 'late key', ...batch.lateKey };
    read += batch.records.length + batch.rejects.length;
    for (const reject of batch.rejects) if (load.reject(reject)) await load.send();
    for (const record of batch.records) {
      const column = misfit(record);
      if (column >= 0) return { kind: 'broken type', column };
      if (load.add(record)) await load.send();
      rows += 1;
      if (rows % ROWS_A_TURN === 0) await nextTurn();
    }
    deps.onProgress?.({ phase: 'load', bytes: pass.readBytes(), bytesInAll: source.sizeBytes, rows: read });
  }
  await load.send();
  return {
    kind: 'loaded',
    rowsRead: read,
    rowsInserted: await load.inserted(),
    rowsUpdated: 0,
    ...pass.stored(),
  };
}

interface Batch {
  readonly rows: CopyRows;
  readonly records: SplitRecord[];
  readonly rejects: Reject[];
}

interface BatchLoader extends AsyncDisposable {
  /** Takes a row, and tells whether the batch is full. */
  add(record: SplitRecord): boolean;
  reject(reject: Reject): boolean;
  /** Begins to load the batch; the one before is loaded then. Throws what that one threw. */
  send(): Promise<void>;
  /** How many rows were loaded, once all batches are that were sent. Throws what the last one threw. */
  inserted(): Promise<number>;
}

/** Disposed of, it leaves no statement under way. */
function batchLoader({ session, reading, columns, rejects }: LoadJob, destination: Destination): BatchLoader {
  const sql = `copy ${destination.table} (${destination.columns.join(', ')}) from stdin with (format text, encoding 'UTF8')`;
  const { grammar, decimal } = reading;
  const options = { grammar, decimal, withSource: destination.withSource };
  const emptyBatch = (): Batch => ({ rows: copyRows(columns, options), records: [], rejects: [] });
  let filling = emptyBatch();
  let loading = emptyBatch();
  /** How many rows of it the server refused. */
  let loaded = Promise.resolve(0);
  let limit = MOST_ROWS;
  let inserted = 0;

  const isFull = ({ rows, records, rejects: bad }: Batch) =>
    records.length + bad.length >= limit || rows.sizeBytes() >= MOST_BYTES;

  return {
    add(record) {
      filling.rows.add(record);
      filling.records.push(record);
      return isFull(filling);
    },
    reject(reject) {
      filling.rejects.push(reject);
      return isFull(filling);
    },
    async send() {
      const refused = await loaded;
      limit = refused === 0 ? Math.min(MOST_ROWS, limit * 2) : Math.max(FEWEST_ROWS, limit >> 1);
      [filling, loading] = [loading, filling];
      filling.rows.clear();
      filling.records.length = 0;
      filling.rejects.length = 0;
      loaded = loadBatch(loading);
      // Whoever sends next, or asks for the number of rows, is told. So the outcome does not depend on who is faster.
      loaded.catch(() => undefined);
    },
    async inserted() {
      await loaded;
      return inserted;
    },
    async [Symbol.asyncDispose]() {
      await loaded.catch(() => undefined);
    },
  };

  /** Loads what can be loaded, in order, and returns how many rows were refused. */
  async function loadBatch(batch: Batch): Promise<number> {
    for (const reject of batch.rejects) await rejects.add(reject);
    let refused = 0;
    const parts = [{ from: 0, to: batch.records.length }];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const { from, to } = part;
      if (from === to) continue;
      const error = await tryRows(batch.rows.slice(from, to), to - from);
      if (error === undefined) {
        inserted += to - from;
        continue;
      }
      // Where the server does not say which row it was, as of a foreign key, halves tell.
      const at = to - from === 1 ? from : from + (error.line ?? 0) - 1;
      const record = at < from || at >= to ? undefined : batch.records[at];
      if (record === undefined) {
        const half = from + ((to - from) >> 1);
        parts.push({ from: half, to }, { from, to: half });
        continue;
      }
      parts.push({ from: at + 1, to }, { from, to: at });
      refused += 1;
      const { line, bytes, start, end } = record;
      await rejects.add({ line, raw: rawText(bytes.subarray(start, end)), reason: reasonOf(error) });
    }
    return refused;
  }

  async function tryRows(bytes: Uint8Array, rows: number): Promise<RowError | undefined> {
    async function* text() {
      yield bytes;
    }
    try {
      const count = await session.copyFrom(`savepoint datasens_batch; ${sql}`, text());
      if (count === rows) {
        await session.query(`${CHECK_DEFERRED}; release savepoint datasens_batch`);
        return undefined;
      }
      await session.query('rollback to savepoint datasens_batch');
      return { message: 'the server took the row and stored none: a trigger of the table suppressed it' };
    } catch (error) {
      const refused = rowErrorOf(error);
      if (refused === undefined) throw error;
      await session.query('rollback to savepoint datasens_batch');
      return refused;
    }
  }
}

function reasonOf({ message, place }: RowError): string {
  const [, column] = /^column (.*?)(?::|$)/.exec(place ?? '') ?? [];
  return column === undefined ? message : `${column}: ${message}`;
}

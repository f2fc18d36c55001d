import { quoteIdentifier, quoteQualified } from '../postgres/quote.ts';
import { type RowError, rowErrorOf } from '../postgres/row-error.ts';
import { copyText } from './copy-text.ts';
import type { CsvRecord } from './csv/read-records.ts';
import { rawText } from './csv/reject.ts';
import { checkDeferred, type LoadJob, type LoadOutcome } from './load-job.ts';
import { openContent } from './source/open-content.ts';
import { fitsType } from './types/fits-type.ts';

/** A batch is one COPY: large, so that it costs little; smaller where rows are refused, for then it is sent again. */
const MOST_ROWS = 16_384;
const FEWEST_ROWS = 64;
const MOST_BYTES = 4_194_304;

interface Row {
  readonly record: CsvRecord;
  readonly text: string;
}

/**
 * The tolerant path: our reader splits the rows, and COPY gets them in its text format, in batches. A row that the
 * server refuses, for its type, a constraint or a trigger, is found, rejected with the server's reason, and the others
 * go on, all within the one transaction. Throws `TooManyRejects`, and what is about the server or the source.
 */
export async function loadTolerant(job: LoadJob): Promise<LoadOutcome> {
  const { table, columns } = job;
  const names = columns.map(({ name }) => quoteIdentifier(name));
  return loadInto(job, { table: quoteQualified(table.schema, table.name), columns: names, lead: () => '' });
}

/** Where rows go: names as SQL writes them, and the fields of COPY's text that come before those of the row. */
export interface Destination {
  readonly table: string;
  readonly columns: readonly string[];
  readonly lead: (record: CsvRecord) => string;
}

/** The tolerant path into any table whose last columns are those of the job. */
export async function loadInto(job: LoadJob, destination: Destination): Promise<LoadOutcome> {
  const { deps, source, reading, columns, rejects } = job;
  const content = await openContent(source, deps.signal);
  const load = batchLoader(job, destination);
  const isChecked = columns.some(({ inferred }) => inferred);
  let read = 0;
  for await (const batch of reading.records(content.bytes)) {
    read += batch.records.length + batch.rejects.length;
    for (const reject of batch.rejects) await rejects.add(reject);
    for (const record of batch.records) {
      if (isChecked) {
        const broken = columns.findIndex(
          (column, index) =>
            column.inferred &&
            typeof record.values[index] === 'string' &&
            !fitsType(record.values[index], column, reading.decimal),
        );
        if (broken >= 0) return { kind: 'broken type', column: broken };
      }
      await load.add(record);
    }
    deps.onProgress?.({ phase: 'load', bytes: content.readBytes(), bytesInAll: source.sizeBytes, rows: read });
  }
  await load.flush();
  return {
    kind: 'loaded',
    rowsRead: read,
    rowsInserted: load.inserted(),
    rowsUpdated: 0,
    ...content.stored(),
  };
}

function batchLoader({ session, reading, columns, rejects }: LoadJob, destination: Destination) {
  const sql = `copy ${destination.table} (${destination.columns.join(', ')}) from stdin with (format text, encoding 'UTF8')`;
  let pending: Row[] = [];
  let pendingBytes = 0;
  let limit = MOST_ROWS;
  let inserted = 0;

  return {
    inserted: () => inserted,
    async add(record: CsvRecord): Promise<void> {
      const text = destination.lead(record) + copyText(record.values, columns, reading.decimal);
      pending.push({ record, text });
      pendingBytes += text.length;
      if (pending.length >= limit || pendingBytes >= MOST_BYTES) await this.flush();
    },
    async flush(): Promise<void> {
      const rows = pending;
      pending = [];
      pendingBytes = 0;
      const refused = await loadRows(rows);
      limit = refused === 0 ? Math.min(MOST_ROWS, limit * 2) : Math.max(FEWEST_ROWS, limit >> 1);
    },
  };

  /** Loads what can be loaded, in order, and returns how many rows were refused. */
  async function loadRows(rows: readonly Row[]): Promise<number> {
    let refused = 0;
    const parts: (readonly Row[])[] = [rows];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part.length === 0) continue;
      const error = await tryRows(part);
      if (error === undefined) {
        inserted += part.length;
        continue;
      }
      // Where the server does not say which row it was, as of a foreign key, halves tell.
      const index = part.length === 1 ? 0 : (error.line ?? 0) - 1;
      const row = part[index];
      if (row === undefined) {
        const half = part.length >> 1;
        parts.push(part.slice(half), part.slice(0, half));
        continue;
      }
      parts.push(part.slice(index + 1), part.slice(0, index));
      refused += 1;
      await rejects.add({ line: row.record.line, raw: rawText(row.record.raw), reason: reasonOf(error) });
    }
    return refused;
  }

  async function tryRows(rows: readonly Row[]): Promise<RowError | undefined> {
    async function* text() {
      yield Buffer.from(rows.map((row) => row.text).join(''));
    }
    await session.query('savepoint datasens_batch');
    try {
      const count = await session.copyFrom(sql, text());
      await checkDeferred(session);
      if (count === rows.length) {
        await session.query('release savepoint datasens_batch');
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

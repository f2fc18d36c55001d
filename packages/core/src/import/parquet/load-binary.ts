import { AppError } from '../../errors.ts';
import { quoteIdentifier, quoteQualified } from '../../postgres/quote.ts';
import { rowErrorOf } from '../../postgres/row-error.ts';
import { freeChunk } from '../../storage/free-chunk.ts';
import { CHECK_DEFERRED, type LoadJob, type LoadOutcome } from '../load-job.ts';
import type { LoadColumn } from '../plan-import.ts';
import type { Source } from '../source/source.ts';
import { type HashedSource, hashedSource } from './hashed-source.ts';
import { Misfit } from './misfit.ts';
import { openParquet, type ParquetFile, type ParquetTarget } from './open-parquet.ts';

/** A Parquet file, opened for one pass into columns of a table, its own in their order. Who makes it disposes of `hashed`. */
export interface ParquetPass {
  readonly hashed: HashedSource;
  readonly file: ParquetFile;
  readonly targets: readonly ParquetTarget[];
}

/** Throws `Conflict` where it has other columns than it was planned with, and what `openParquet` throws. */
export async function openPass(
  source: Source,
  columns: readonly LoadColumn[],
  signal: AbortSignal | undefined,
): Promise<ParquetPass> {
  const hashed = hashedSource(source, signal);
  // A file of this machine is read once more for its hash, rather than written once more.
  const file = await openParquet(hashed, { signal, hold: source.isLocal ? undefined : hashed.hold });
  if (file.columns.length !== columns.length) {
    throw new AppError('Conflict', `${source.uri} has other columns than before: it was written to`);
  }
  return { hashed, file, targets: columns.map(({ sqlType }, column) => ({ column, sqlType })) };
}

/**
 * The fast path: columns become rows of COPY's binary format. Where a value does not fit a column that the import makes
 * as the file declares it, its type is broken; any other such value, and a row that the server refuses, is odd. Throws what is about the server or
 * the source rather than about a row.
 */
export async function loadBinary({ deps, session, source, reading, table, columns }: LoadJob): Promise<LoadOutcome> {
  const { hashed, file, targets } = await openPass(source, columns, deps.signal);
  await using _ = hashed;
  let misfit: Misfit | undefined;
  let sent = 0;

  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for await (const { bytes, rows } of file.binaryRows(targets)) {
        sent += rows;
        deps.onProgress?.({ phase: 'load', bytes: hashed.readBytes(), bytesInAll: source.sizeBytes, rows: sent });
        yield bytes;
      }
      await hashed.finish();
    } catch (error) {
      if (error instanceof Misfit) misfit = error;
      throw error;
    }
  }

  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const sql = `copy ${quoteQualified(table.schema, table.name)} (${names}) from stdin with (format binary)`;
  try {
    const rows = await session.copyFrom(sql, parts(), { onSent: freeChunk });
    if (rows !== sent) return { kind: 'odd', because: `COPY made ${rows} rows of ${sent}` };
    await session.query(CHECK_DEFERRED);
    return { kind: 'loaded', rowsRead: rows, rowsInserted: rows, rowsUpdated: 0, ...hashed.stored() };
  } catch (error) {
    if (misfit !== undefined) {
      const { added = false, sqlType } = columns[misfit.column] ?? {};
      const mayWiden = added && sqlType !== 'text' && reading.columns[misfit.column]?.declared !== undefined;
      return mayWiden ? { kind: 'broken type', column: misfit.column } : { kind: 'odd', because: misfit.message };
    }
    const refused = rowErrorOf(error);
    if (refused) return { kind: 'odd', because: `COPY refused a row: ${refused.message}` };
    throw error;
  }
}

import { quoteIdentifier, quoteLiteral, quoteQualified } from '../postgres/quote.ts';
import { rowErrorOf } from '../postgres/row-error.ts';
import { freeChunk } from '../storage/free-chunk.ts';
import type { Dialect } from './csv/dialect.ts';
import { grammarOf } from './csv/scan-record.ts';
import { type Oddity, rowScan } from './csv/scan-rows.ts';
import { CHECK_DEFERRED, type LoadJob, type LoadOutcome } from './load-job.ts';
import { openContent } from './source/open-content.ts';
import type { Encoding } from './text/encoding.ts';
import { fieldCheck } from './types/field-check.ts';

/** Of those that COPY reads. */
const PG_ENCODINGS: Readonly<Partial<Record<Encoding, string>>> = {
  'utf-8': 'UTF8',
  'windows-1252': 'WIN1252',
  'iso-8859-1': 'LATIN1',
};

/**
 * The fast path: the bytes go to COPY as they are, counted on the way. Loaded means that COPY made as many rows of them
 * as our scanner found; anything else, a row that the server refuses among it, is odd, and another way may do. Throws
 * what is about the server or the source rather than about a row.
 */
export async function loadFast(
  { deps, session, source, table, columns }: LoadJob,
  dialect: Dialect,
): Promise<LoadOutcome> {
  const content = await openContent(source, deps.signal);
  const checks = columns.map((column) => (column.inferred ? fieldCheck(column, '.') : undefined));
  const scan = rowScan(grammarOf(dialect), { headerRows: dialect.headerRows, checks });
  let odd: Oddity | undefined;

  async function* counted(): AsyncGenerator<Uint8Array> {
    let first = dialect.byteOrderMark;
    for await (const chunk of content.bytes) {
      const bytes = first && chunk.length >= MARK_BYTES ? chunk.subarray(MARK_BYTES) : chunk;
      first = false;
      odd = scan.take(bytes);
      if (odd) throw new Odd(odd.because);
      deps.onProgress?.({ phase: 'load', bytes: content.readBytes(), bytesInAll: source.sizeBytes, rows: scan.rows() });
      yield bytes;
    }
    odd = scan.end();
    if (odd) throw new Odd(odd.because);
  }

  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const options = [
    'format csv',
    `encoding ${quoteLiteral(PG_ENCODINGS[dialect.encoding] ?? dialect.encoding)}`,
    `delimiter ${quoteLiteral(dialect.delimiter)}`,
    `quote ${quoteLiteral(dialect.quote ?? '')}`,
    `escape ${quoteLiteral(dialect.escape ?? '')}`,
    `null ''`,
    ...(dialect.headerRows === 1 ? ['header true'] : []),
  ];
  const sql = `copy ${quoteQualified(table.schema, table.name)} (${names}) from stdin with (${options.join(', ')})`;
  try {
    const rows = await session.copyFrom(sql, counted(), { onSent: freeChunk });
    if (rows !== scan.rows()) return { kind: 'odd', because: `COPY made ${rows} rows of ${scan.rows()}` };
    await session.query(CHECK_DEFERRED);
    return { kind: 'loaded', rowsRead: rows, rowsInserted: rows, rowsUpdated: 0, ...content.stored() };
  } catch (error) {
    if (odd?.column !== undefined) return { kind: 'broken type', column: odd.column };
    if (odd) return { kind: 'odd', because: odd.because };
    const refused = rowErrorOf(error);
    if (refused) return { kind: 'odd', because: `COPY refused a row: ${refused.message}` };
    throw error;
  }
}

const MARK_BYTES = 3;

/** Ends the stream to COPY from our side; it never leaves this file. */
class Odd extends Error {}

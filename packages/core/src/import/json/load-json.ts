import { quoteIdentifier, quoteQualified } from '../../postgres/quote.ts';
import { rowErrorOf } from '../../postgres/row-error.ts';
import { CHECK_DEFERRED, type LoadJob, type LoadOutcome } from '../load-job.ts';
import { openContent } from '../source/open-content.ts';
import { toUtf8 } from '../text/to-utf8.ts';
import { copyTaker, Halt } from './copy-taker.ts';
import type { JsonShape } from './json-shape.ts';
import { takeObjects } from './split-json.ts';

/**
 * The fast path: records become lines of one COPY while they are scanned. A record that would be a reject, and a row that
 * the server refuses, is odd; another way may do. Throws what is about the server or the source rather than about a row.
 */
export async function loadJson(
  { deps, session, source, table, columns }: LoadJob,
  shape: JsonShape,
): Promise<LoadOutcome> {
  const content = await openContent(source, deps.signal);
  const taker = copyTaker(columns);
  let sent = 0;

  async function* lines(): AsyncGenerator<Uint8Array> {
    for await (const { bytes, rows } of takeObjects(toUtf8(content.bytes, shape.encoding), shape, taker)) {
      sent += rows;
      deps.onProgress?.({ phase: 'load', bytes: content.readBytes(), bytesInAll: source.sizeBytes, rows: sent });
      yield bytes;
    }
  }

  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const sql = `copy ${quoteQualified(table.schema, table.name)} (${names}) from stdin with (format text, encoding 'UTF8')`;
  try {
    const rows = await session.copyFrom(sql, lines(), { onSent: taker.reuse });
    if (rows !== sent) return { kind: 'odd', because: `COPY made ${rows} rows of ${sent}` };
    await session.query(CHECK_DEFERRED);
    return { kind: 'loaded', rowsRead: rows, rowsInserted: rows, rowsUpdated: 0, ...content.stored() };
  } catch (error) {
    if (error instanceof Halt) return error.outcome;
    const refused = rowErrorOf(error);
    if (refused) return { kind: 'odd', because: `COPY refused a row: ${refused.message}` };
    throw error;
  }
}

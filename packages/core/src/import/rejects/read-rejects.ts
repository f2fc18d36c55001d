import { AppError } from '../../errors.ts';
import { RECORD_LIMIT_BYTES } from '../csv/frame-records.ts';
import type { Reject } from '../csv/reject.ts';
import type { SplitBatch } from '../csv/split-records.ts';

/** How the text of a row is split, as the rows around it were. */
export type SplitRow = (text: AsyncIterable<Uint8Array>) => AsyncIterable<SplitBatch>;

const LF = 0x0a;
/** JSON may write a byte in six. */
const LINE_LIMIT_BYTES = RECORD_LIMIT_BYTES * 6;

/**
 * Reads rejects, as `rejectList` wrote them and a person has corrected their `raw`: each line is one row, whatever its
 * quotes, and comes back as a record or as a reject; its line is that of this file. Throws `InvalidInput` for a line
 * that is no reject.
 */
export async function* readRejects(bytes: AsyncIterable<Uint8Array>, split: SplitRow): AsyncGenerator<SplitBatch> {
  let line = 0;
  for await (const text of linesOf(bytes)) {
    line += 1;
    if (text.length > 0) yield await readRow(parseReject(text, line), split);
  }
}

async function readRow(reject: Reject, split: SplitRow): Promise<SplitBatch> {
  const { line, raw } = reject;
  const refused = (reason: string) => ({ records: [], rejects: [{ line, raw, reason }], blankRows: 0 });
  if (isUndecoded(reject)) return refused(reject.reason);
  async function* text() {
    yield Buffer.from(raw);
  }
  const batches = await Array.fromAsync(split(text()));
  const records = batches.flatMap((batch) => batch.records);
  const [flawed] = batches.flatMap((batch) => batch.rejects);
  if (flawed !== undefined) return refused(flawed.reason);
  const late = batches.find(({ lateKey }) => lateKey !== undefined)?.lateKey;
  if (late !== undefined) return refused(`it has ${JSON.stringify(late.key)}, which the rows around it had not`);
  const [record] = records;
  if (record === undefined) return refused('it is empty: leave its line out');
  if (records.length > 1) return refused(`it holds ${records.length} rows: give each a line of its own`);
  return { records: [{ ...record, line }], rejects: [], blankRows: 0 };
}

/** Whether bytes that are no text still stand there as `rawText` shows them: they must not become text unnoticed. */
function isUndecoded({ raw, reason }: Reject): boolean {
  return reason.startsWith('it has bytes that are no ') && /\\x[0-9a-f]{2}/.test(raw);
}

function parseReject(text: string, line: number): Reject {
  try {
    const { raw, reason = '' } = JSON.parse(text);
    if (typeof raw === 'string' && typeof reason === 'string') return { line, raw, reason };
  } catch {
    // Told below.
  }
  throw new AppError(
    'InvalidInput',
    `line ${line} is no reject: expected one JSON object, {"line": 7, "raw": "the row, corrected", "reason": "…"}`,
    { line },
  );
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const take = (last: Uint8Array) => {
    const line = Buffer.concat([...held, last])
      .toString('utf8')
      .trim();
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      yield take(chunk.subarray(start, end));
      start = end + 1;
    }
    held.push(chunk.subarray(start));
    heldBytes += chunk.length - start;
    if (heldBytes > LINE_LIMIT_BYTES) {
      throw new AppError('InvalidInput', `a line is longer than ${LINE_LIMIT_BYTES} bytes: these are no rejects`);
    }
  }
  yield take(new Uint8Array(0));
}

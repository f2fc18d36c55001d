import { type ColumnMetaData, type FileMetaData, parquetMetadata } from 'hyparquet';
import type { Source } from '../source/source.ts';
import { readRange } from './byte-ranges.ts';
import type { ParquetLimits } from './limits.ts';
import { damaged, decoding, unsupported } from './refusal.ts';
import { leavesOf, type SchemaNode, schemaColumns } from './schema-tree.ts';
import { thriftExtent } from './thrift-extent.ts';

/** What a file says of itself, as far as its parts agree with each other. */
export interface Footer {
  readonly columns: readonly SchemaNode[];
  /** The columns of values below them. */
  readonly leaves: readonly SchemaNode[];
  readonly groups: readonly RowGroup[];
  readonly rows: number;
  readonly writer: string | undefined;
}

export interface RowGroup {
  readonly rows: number;
  /** One for each leaf. */
  readonly chunks: readonly ColumnChunk[];
}

/** The values of one leaf in one row group. */
export interface ColumnChunk {
  readonly start: number;
  /** Of the first byte behind it. */
  readonly end: number;
  readonly values: number;
  readonly codec: ColumnMetaData['codec'] | undefined;
}

const MAGIC = 'PAR1';
const ENCRYPTED_MAGIC = 'PARE';
/** The length of the footer, and the magic number. */
const TAIL_BYTES = 8;
const FIRST_READ_BYTES = 65_536;

/** Reads the footer, in two requests where it is long. Throws `InvalidInput` for one that is damaged, or none. */
export async function readFooter(
  source: Source,
  limits: ParquetLimits,
  signal: AbortSignal | undefined,
): Promise<Footer> {
  const { sizeBytes } = source;
  if (sizeBytes < MAGIC.length + TAIL_BYTES) throw damaged('it is too short');
  const head = await readRange(source, 0, MAGIC.length, signal);
  const last = await readRange(source, Math.max(0, sizeBytes - FIRST_READ_BYTES), sizeBytes, signal);
  const magic = last.toString('latin1', last.length - MAGIC.length);
  if (magic === ENCRYPTED_MAGIC || head.toString('latin1') === ENCRYPTED_MAGIC) throw encrypted();
  if (head.toString('latin1') !== MAGIC || magic !== MAGIC)
    throw damaged('it does not end as it should: was it cut off?');
  const footerBytes = last.readUInt32LE(last.length - TAIL_BYTES);
  const start = sizeBytes - TAIL_BYTES - footerBytes;
  if (start < MAGIC.length) throw damaged(`its footer would be longer than the file, ${footerBytes} bytes`);
  if (footerBytes > limits.footerBytes) {
    throw unsupported(
      `its footer has ${footerBytes} bytes, and ${limits.footerBytes} is the limit`,
      'Write it in larger row groups, or in several files',
    );
  }
  const whole = footerBytes + TAIL_BYTES;
  const bytes =
    last.length >= whole ? last.subarray(last.length - whole) : await readRange(source, start, sizeBytes, signal);
  return decoding('its footer', () => {
    const extent = thriftExtent(bytes, 0);
    if (extent === undefined || extent > footerBytes) throw new Error('it is cut off');
    return checked(parquetMetadata(bytes, { parsers: RAW, geoparquet: false }), start);
  });
}

/** Statistics are not used: they are left as they are. */
const asItIs = (value: unknown) => value;
const RAW = {
  timestampFromMilliseconds: asItIs,
  timestampFromMicroseconds: asItIs,
  timestampFromNanoseconds: asItIs,
  dateFromDays: asItIs,
  stringFromBytes: asItIs,
  jsonFromBytes: asItIs,
  uuidFromBytes: asItIs,
};

function checked(metadata: FileMetaData, footerStart: number): Footer {
  const columns = schemaColumns(metadata.schema);
  const leaves = columns.flatMap(leavesOf);
  const paths = leaves.map(({ path }) => path.join('\0'));
  const groups = metadata.row_groups.map((group, index) => {
    const rows = countOf(group.num_rows, `the rows of row group ${index + 1}`);
    if (group.columns.length !== leaves.length) {
      throw damaged(`row group ${index + 1} has ${group.columns.length} columns, and the schema ${leaves.length}`);
    }
    const chunks = group.columns.map(
      ({ meta_data: chunk, crypto_metadata, encrypted_column_metadata, file_path }, at) => {
        const leaf = leaves[at] as SchemaNode;
        const where = `${leaf.path.join('.')} in row group ${index + 1}`;
        if (crypto_metadata !== undefined || encrypted_column_metadata !== undefined) throw encrypted();
        if (chunk === undefined) throw damaged(`there is nothing about ${where}`);
        if (file_path) throw unsupported(`${where} is in another file`, 'Import that one');
        if (chunk.type !== leaf.element.type || chunk.path_in_schema.join('\0') !== paths[at]) {
          throw damaged(`${where} is not what the schema says`);
        }
        // What has no rows may be nowhere.
        if (rows === 0) return { start: 0, end: 0, values: 0, codec: chunk.codec };
        return chunkOf(chunk, { footerStart, where });
      },
    );
    return { rows, chunks };
  });
  const rows = countOf(metadata.num_rows, 'its rows');
  const inGroups = groups.reduce((sum, group) => sum + group.rows, 0);
  if (inGroups !== rows) throw damaged(`it promises ${rows} rows, and its row groups ${inGroups}`);
  refuseOverlaps(groups);
  return { columns, leaves, groups, rows, writer: metadata.created_by };
}

function chunkOf(chunk: ColumnMetaData, { footerStart, where }: { footerStart: number; where: string }): ColumnChunk {
  const data = countOf(chunk.data_page_offset, `the offset of ${where}`);
  // Some writers say 0 where there is no dictionary.
  const dictionary = countOf(chunk.dictionary_page_offset ?? 0n, `the dictionary of ${where}`);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const end = start + countOf(chunk.total_compressed_size, `the size of ${where}`);
  if (start < MAGIC.length || end > footerStart) throw damaged(`${where} would not be within the file`);
  return { start, end, values: countOf(chunk.num_values, `the values of ${where}`), codec: chunk.codec };
}

/** Else a small file could say the same bytes over and over. */
function refuseOverlaps(groups: readonly RowGroup[]): void {
  const chunks = groups
    .filter(({ rows }) => rows > 0)
    .flatMap((group) => group.chunks)
    .sort((one, other) => one.start - other.start);
  for (const [index, chunk] of chunks.entries()) {
    const before = chunks[index - 1];
    if (before !== undefined && chunk.start < before.end) throw damaged('two of its columns would share their bytes');
  }
}

function countOf(value: unknown, what: string): number {
  if (typeof value === 'bigint' && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw damaged(`${what}: ${String(value)}`);
}

function encrypted(): Error {
  return unsupported('it is encrypted', 'Write it without encryption, or decrypt it first');
}

import type { Source } from '../source/source.ts';
import { type ByteRun, heldRun, rangedRun, readRange } from './byte-ranges.ts';
import { type ColumnRows, flatRows } from './column-rows.ts';
import type { ColumnChunk, Footer, RowGroup } from './footer.ts';
import { leafPages } from './leaf-pages.ts';
import type { ParquetLimits } from './limits.ts';
import { nestedRows } from './nested-rows.ts';
import { damaged, unsupported } from './refusal.ts';
import type { SchemaNode } from './schema-tree.ts';

/** Rows of some columns that are at hand in all of them. */
export interface RowWindow {
  /** The number of its first row in the file, from 0. */
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: readonly WindowColumn[];
}

export interface WindowColumn extends Omit<ColumnRows, 'rows' | 'sizeBytes'> {
  /** Where the window begins in `indices`. */
  readonly from: number;
}

export interface RowCursor {
  /** Rows from where it stands, at least one; nothing at the end. */
  next(): Promise<RowWindow | undefined>;
  /** Goes on by so many of the rows at hand. */
  advance(rows: number): void;
}

export interface RowCursorOptions {
  readonly limits: ParquetLimits;
  /** Reads a range of the source once, for who reads it in another order. */
  readonly hold?: ((start: number, end: number) => Promise<Pick<Source, 'read'>>) | undefined;
  /** In place of 16 MiB, for who wants a few rows. */
  readonly groupBytes?: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A row group of so many bytes is read in one request; of larger ones twice as many are held that are not decoded yet. */
const GROUP_BYTES = 16_777_216;
/** A column has at least so much of them. */
const LEAST_AHEAD_BYTES = 65_536;

/**
 * Goes through the rows of some columns, given by their places in the schema, and has a page of each at hand. Each byte of
 * them is read once: a row group of up to 16 MiB in one request, in file order; a larger one column by column, in pieces,
 * out of what `hold` has of it, if it is there.
 */
export function rowCursor(
  source: Source,
  footer: Footer,
  columns: readonly number[],
  { limits, hold, groupBytes = GROUP_BYTES, signal }: RowCursorOptions,
): RowCursor {
  const nodes = columns.map((column) => footer.columns[column] as SchemaNode);
  let nextGroup = 0;
  let leftInGroup = 0;
  let firstRow = 0;
  let readers: AsyncGenerator<ColumnRows>[] = [];
  let current: { rows: ColumnRows; at: number }[] = [];

  async function openGroup(group: RowGroup, number: number): Promise<void> {
    const leaves = nodes.flatMap(({ firstLeaf, leaves: count }) =>
      Array.from({ length: count }, (_, at) => firstLeaf + at),
    );
    const runs = await groupRuns(source, new Set(leaves), group.chunks, { hold, groupBytes, signal });
    readers = nodes.map((node) => {
      const place = `column ${JSON.stringify(node.element.name)}, row group ${number}`;
      const pages = Array.from({ length: node.leaves }, (_, at) => {
        const index = node.firstLeaf + at;
        return leafPages(
          runs.get(index) as ByteRun,
          footer.leaves[index] as SchemaNode,
          group.chunks[index] as ColumnChunk,
          { limits, place },
        );
      });
      const [first] = pages;
      const isFlat = node.children.length === 0 && node.repetition === 0;
      return isFlat && first !== undefined
        ? flatRows(first)
        : nestedRows(node, pages, { rows: group.rows, place, limitBytes: limits.pageBytes });
    });
    current = readers.map(() => ({ rows: NO_ROWS, at: 0 }));
    leftInGroup = group.rows;
  }

  async function fill(): Promise<void> {
    for (const [index, reader] of readers.entries()) {
      const { rows, at } = current[index] as (typeof current)[number];
      if (at < rows.rows) continue;
      const { value, done } = await reader.next();
      if (done === true) throw damaged(`${nodes[index]?.element.name} has fewer rows than its row group`);
      current[index] = { rows: value, at: 0 };
    }
    const open = current.reduce((sum, { rows }) => sum + rows.sizeBytes, 0);
    if (open > limits.openBytes) {
      throw unsupported(
        `its pages of rows ${firstRow + 1} and on take ${open} bytes, and ${limits.openBytes} is the limit`,
        'Write it with smaller pages or row groups',
      );
    }
  }

  /** What is still there when the rows are through is too much. */
  async function closeGroup(): Promise<void> {
    for (const [index, reader] of readers.entries()) {
      const { rows, at } = current[index] as (typeof current)[number];
      if (at < rows.rows || (await reader.next()).done !== true) {
        throw damaged(`${nodes[index]?.element.name} has more rows than its row group`);
      }
    }
    readers = [];
  }

  return {
    async next() {
      while (leftInGroup === 0) {
        await closeGroup();
        const group = footer.groups[nextGroup];
        if (group === undefined) return undefined;
        nextGroup += 1;
        if (group.rows > 0) await openGroup(group, nextGroup);
      }
      signal?.throwIfAborted();
      await fill();
      const atHand = current.reduce((least, { rows, at }) => Math.min(least, rows.rows - at), leftInGroup);
      return {
        firstRow,
        rows: atHand,
        columns: current.map(({ rows: { values, indices, isShared }, at }) => ({
          values,
          indices,
          isShared,
          from: at,
        })),
      };
    },
    advance(rows) {
      for (const column of current) column.at += rows;
      firstRow += rows;
      leftInGroup -= rows;
    },
  };
}

const NO_ROWS: ColumnRows = {
  values: {
    bytes: Buffer.alloc(0),
    view: new DataView(new ArrayBuffer(0)),
    count: 0,
    width: 1,
    bounds: new Uint32Array(0),
  },
  indices: new Int32Array(0),
  isShared: false,
  rows: 0,
  sizeBytes: 0,
};

async function groupRuns(
  source: Source,
  wanted: ReadonlySet<number>,
  chunks: readonly ColumnChunk[],
  { hold, groupBytes, signal }: Pick<RowCursorOptions, 'hold' | 'signal'> & { readonly groupBytes: number },
): Promise<Map<number, ByteRun>> {
  const own = [...wanted].map((leaf) => ({ leaf, ...(chunks[leaf] as ColumnChunk) }));
  const start = Math.min(...own.map((chunk) => chunk.start));
  const end = Math.max(...own.map((chunk) => chunk.end));
  if (end - start <= groupBytes) {
    const bytes = await readRange(source, start, end, signal);
    return new Map(own.map((chunk) => [chunk.leaf, heldRun(bytes.subarray(chunk.start - start, chunk.end - start))]));
  }
  const held = hold === undefined ? source : await hold(start, end);
  const pieceBytes = Math.max(LEAST_AHEAD_BYTES, Math.floor((2 * groupBytes) / own.length));
  return new Map(own.map((chunk) => [chunk.leaf, rangedRun(held, { ...chunk, pieceBytes }, signal)]));
}

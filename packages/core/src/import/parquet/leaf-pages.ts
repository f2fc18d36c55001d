import type { ByteRun } from './byte-ranges.ts';
import { chunkPages, type StoredPage } from './chunk-pages.ts';
import { decodeValues, tooMany } from './decode-values.ts';
import { decompressPage } from './decompress-page.ts';
import type { ColumnChunk } from './footer.ts';
import type { ParquetLimits } from './limits.ts';
import { damaged, decoding } from './refusal.ts';
import { readHybrid } from './rle-hybrid.ts';
import type { SchemaNode } from './schema-tree.ts';
import type { Values } from './values.ts';

/** A page of a leaf, decoded. Its entries are values or say where none is ("Nested encoding" of the format). */
export interface LeafPage {
  readonly entries: number;
  /** Level by entry; nothing where all have the highest one. */
  readonly definitions: Uint8Array | undefined;
  /** Level by entry; nothing where each entry begins a row. */
  readonly repetitions: Uint8Array | undefined;
  /** By entry: which of the values it has; -1 where there is none. */
  readonly indices: Int32Array;
  /** Those of the page, or of the dictionary that it shares with other pages. */
  readonly values: Values;
  readonly isShared: boolean;
  /** In memory, without what it shares. */
  readonly sizeBytes: number;
  /** For messages. */
  readonly place: string;
}

/** The pages of a leaf in one row group, in order. Throws `InvalidInput`, also where their values are not as many as promised. */
export async function* leafPages(
  run: ByteRun,
  leaf: SchemaNode,
  { codec, values: promised }: Pick<ColumnChunk, 'codec' | 'values'>,
  { limits, place }: { readonly limits: ParquetLimits; readonly place: string },
): AsyncGenerator<LeafPage> {
  let dictionary: Values | undefined;
  let entries = 0;
  for await (const stored of chunkPages(run, limits, place)) {
    if (stored.header.type === 'DICTIONARY_PAGE') {
      if (dictionary !== undefined) throw damaged(`${stored.place}: it is a second dictionary`);
      dictionary = decoding(stored.place, () => decodeDictionary(stored, leaf, codec, limits));
      continue;
    }
    const page = decoding(stored.place, () => decodePage(stored, leaf, { codec, dictionary, limits }));
    entries += page.entries;
    if (entries > promised) break;
    if (page.entries > 0) yield page;
  }
  if (entries !== promised)
    throw damaged(`${place} has ${entries} values or more, and the footer promises ${promised}`);
}

function decodeDictionary(
  { header, bytes }: StoredPage,
  leaf: SchemaNode,
  codec: ColumnChunk['codec'],
  { pageBytes }: ParquetLimits,
): Values {
  const count = header.dictionary_page_header?.num_values ?? -1;
  if (count < 0) throw new Error(`a dictionary of ${count} values`);
  const plain = decompressPage(bytes, header.uncompressed_page_size, codec);
  return decodeValues(owned(plain, bytes), 0, 'PLAIN', typeOf(leaf), { count, limitBytes: pageBytes });
}

interface PageContext {
  readonly codec: ColumnChunk['codec'];
  readonly dictionary: Values | undefined;
  readonly limits: ParquetLimits;
}

/** Where the levels and the values of a page are, and how many. */
interface Layout {
  readonly entries: number;
  readonly encoding: string | undefined;
  /** Where the runs of either begin. */
  readonly repetitionsAt: number;
  readonly definitionsAt: number;
  readonly levels: Uint8Array;
  readonly values: Uint8Array;
  readonly valuesAt: number;
}

function decodePage(stored: StoredPage, leaf: SchemaNode, context: PageContext): LeafPage {
  const layout = stored.header.type === 'DATA_PAGE_V2' ? layoutV2(stored, context) : layoutV1(stored, leaf, context);
  const { entries, encoding, levels } = layout;
  if (!(entries >= 0)) throw new Error(`a page of ${entries} values`);
  if (entries * LEVEL_BYTES > context.limits.pageBytes) throw tooMany(entries);
  const repetitions =
    leaf.repetition === 0 ? undefined : levelsAt(levels, layout.repetitionsAt, leaf.repetition, entries);
  const definitions =
    leaf.definition === 0 ? undefined : levelsAt(levels, layout.definitionsAt, leaf.definition, entries);
  const indices = new Int32Array(entries);
  let count = entries;
  if (definitions === undefined) for (let entry = 0; entry < entries; entry += 1) indices[entry] = entry;
  else {
    count = 0;
    for (let entry = 0; entry < entries; entry += 1) {
      if (definitions[entry] !== leaf.definition) indices[entry] = -1;
      else {
        indices[entry] = count;
        count += 1;
      }
    }
  }
  const nulls = stored.header.data_page_header_v2?.num_nulls;
  if (nulls !== undefined && nulls !== entries - count)
    throw new Error(`it has ${entries - count} nulls, and says ${nulls}`);
  const isShared = encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY';
  const values = isShared
    ? fromDictionary(layout, indices, count, context.dictionary)
    : decodeValues(layout.values, layout.valuesAt, encoding as never, typeOf(leaf), {
        count,
        limitBytes: context.limits.pageBytes,
      });
  const sizeBytes = entries * LEVEL_BYTES + (isShared ? 0 : values.bytes.length + values.bounds.byteLength);
  return { entries, definitions, repetitions, indices, values, isShared, sizeBytes, place: stored.place };
}

/** Of an entry: two levels, and which value it has. */
const LEVEL_BYTES = 6;

function layoutV1({ header, bytes }: StoredPage, leaf: SchemaNode, { codec }: PageContext): Layout {
  const head = header.data_page_header;
  if (head === undefined) throw new Error(`a page of the kind ${header.type ?? 'unknown'}`);
  const page = owned(decompressPage(bytes, header.uncompressed_page_size, codec), bytes);
  let at = 0;
  /** Returns where the runs begin; in front is how long they are. */
  const skipLevels = (highest: number, encoding: string | undefined) => {
    if (highest === 0) return at;
    if (encoding !== 'RLE') throw new Error(`levels are encoded as ${encoding ?? 'something unknown'}`);
    if (at + 4 > page.length) throw new Error('its levels are cut off');
    const start = at + 4;
    at = start + new DataView(page.buffer, page.byteOffset + at, 4).getUint32(0, true);
    if (at > page.length) throw new Error('its levels are cut off');
    return start;
  };
  const repetitionsAt = skipLevels(leaf.repetition, head.repetition_level_encoding);
  const definitionsAt = skipLevels(leaf.definition, head.definition_level_encoding);
  const { num_values: entries, encoding } = head;
  return { entries, encoding, repetitionsAt, definitionsAt, levels: page, values: page, valuesAt: at };
}

/** Levels are never compressed, and their lengths are in the header. */
function layoutV2({ header, bytes }: StoredPage, { codec }: PageContext): Layout {
  const head = header.data_page_header_v2;
  if (head === undefined) throw new Error('its header is none of its kind');
  const { num_values: entries, encoding, is_compressed: isCompressed } = head;
  const definitionsAt = head.repetition_levels_byte_length ?? 0;
  const levelBytes = definitionsAt + (head.definition_levels_byte_length ?? 0);
  const sizeBytes = header.uncompressed_page_size - levelBytes;
  if (!(definitionsAt >= 0 && levelBytes >= definitionsAt && levelBytes <= bytes.length && sizeBytes >= 0)) {
    throw new Error('its levels are cut off');
  }
  const values = decompressPage(bytes.subarray(levelBytes), sizeBytes, isCompressed ? codec : 'UNCOMPRESSED');
  return {
    entries,
    encoding,
    repetitionsAt: 0,
    definitionsAt,
    levels: bytes.subarray(0, levelBytes),
    values: owned(values, bytes),
    valuesAt: 0,
  };
}

function levelsAt(bytes: Uint8Array, start: number, highest: number, entries: number): Uint8Array {
  const levels = new Uint8Array(entries);
  readHybrid(bytes, start, 32 - Math.clz32(highest), levels);
  for (let entry = 0; entry < entries; entry += 1) {
    if ((levels[entry] as number) > highest) throw new Error(`a level is higher than ${highest}`);
  }
  return levels;
}

/** Turns the indices of a page's values into those of the dictionary. */
function fromDictionary(
  { values, valuesAt }: Layout,
  indices: Int32Array,
  count: number,
  dictionary: Values | undefined,
): Values {
  if (dictionary === undefined) throw new Error('there is no dictionary before it');
  if (count === 0) return dictionary;
  const [width = 0] = values.subarray(valuesAt, valuesAt + 1);
  const keys = new Int32Array(count);
  if (width > 0) readHybrid(values, valuesAt + 1, width, keys);
  let next = 0;
  for (let entry = 0; entry < indices.length; entry += 1) {
    if (indices[entry] === -1) continue;
    const key = keys[next] as number;
    if (key < 0 || key >= dictionary.count) throw new Error(`its dictionary has no value ${key}`);
    indices[entry] = key;
    next += 1;
  }
  return dictionary;
}

function typeOf({ element }: SchemaNode) {
  if (element.type === undefined) throw new Error('it has no type');
  return { type: element.type, length: element.type_length ?? 0 };
}

/** Pages that are not compressed are views of what was read, and would keep all of that alive. */
function owned(page: Uint8Array, stored: Buffer): Uint8Array {
  return page.buffer === stored.buffer ? page.slice() : page;
}

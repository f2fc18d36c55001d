import type { ColumnRows } from './column-rows.ts';
import type { LeafPage } from './leaf-pages.ts';
import { meaningOf } from './meaning.ts';
import { damaged, decoding, unsupported } from './refusal.ts';
import type { SchemaNode } from './schema-tree.ts';
import { leavesOf } from './schema-tree.ts';
import { valueJson, whyNoText } from './value-text.ts';
import { boundedValues, type Flaw } from './values.ts';

const FEWEST_ROWS = 16;
const MOST_ROWS = 4_096;
/** Of JSON in a batch: there are more rows in the next one below, fewer above. */
const SMALL_BATCH = 262_144;
const LARGE_BATCH = 2_097_152;

/**
 * The rows of a list, a map or a struct, each as one JSON text ("Nested encoding", "Nested types" of the format).
 * `pages` are those of its leaves in one row group of `rows` rows. Throws `InvalidInput`.
 */
export async function* nestedRows(
  node: SchemaNode,
  pages: readonly AsyncGenerator<LeafPage>[],
  { rows, place, limitBytes }: { readonly rows: number; readonly place: string; readonly limitBytes: number },
): AsyncGenerator<ColumnRows> {
  const leaves = leavesOf(node).map((leaf, index) => leafEntries(leaf, pages[index] as AsyncGenerator<LeafPage>));
  const writeRow = rowWriter(node, leaves);
  let batch = FEWEST_ROWS;
  for (let done = 0; done < rows; ) {
    const count = Math.min(batch, rows - done);
    let room = limitBytes;
    for (const leaf of leaves) {
      room -= await leaf.fill(count, room);
      if (room < 0) throw unsupported(`${place}: rows have more than ${limitBytes} characters`, 'Split them');
    }
    const { indices, values } = decoding(place, () => writeRows(writeRow, count));
    const sizeBytes = values.bytes.length;
    batch =
      sizeBytes > LARGE_BATCH
        ? Math.max(1, batch >> 1)
        : sizeBytes < SMALL_BATCH
          ? Math.min(MOST_ROWS, batch * 2)
          : batch;
    done += count;
    yield { values, indices, isShared: false, rows: count, sizeBytes };
  }
  // Whatever is left says that the footer, or a page, is wrong about its rows; the leaves themselves count values.
  for (const leaf of leaves) if (await leaf.hasMore()) throw damaged(`${place} has more rows than its row group`);
}

function writeRows(writeRow: () => WrittenRow, count: number) {
  const texts: string[] = [];
  const indices = new Int32Array(count);
  const flaws = new Map<number, Flaw>();
  for (let row = 0; row < count; row += 1) {
    const { text, flaw } = writeRow();
    if (text === 'null') indices[row] = -1;
    else {
      indices[row] = texts.length;
      if (flaw !== undefined) flaws.set(texts.length, flaw);
      texts.push(text);
    }
  }
  const bounds = new Uint32Array(texts.length * 2);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    bounds[2 * index] = at;
    at += Buffer.byteLength(text);
    bounds[2 * index + 1] = at;
  }
  return { indices, values: boundedValues(Buffer.from(texts.join('')), bounds, flaws) };
}

/** Levels and values of some rows of a leaf, and where its reader stands in them. */
interface LeafEntries {
  definitions: number[];
  repetitions: number[];
  texts: string[];
  flaws: Map<number, string>;
  at: number;
  /** Replaces the entries by those of the next rows; returns how many characters their values have. */
  fill(rows: number, limit: number): Promise<number>;
  hasMore(): Promise<boolean>;
}

function leafEntries(leaf: SchemaNode, pages: AsyncGenerator<LeafPage>): LeafEntries {
  const { meaning } = meaningOf({ ...leaf, element: { ...leaf.element, repetition_type: 'REQUIRED' } });
  const textOf = valueJson(meaning);
  let page: LeafPage | undefined;
  let at = 0;

  async function nextPage(): Promise<boolean> {
    if (page !== undefined && at < page.entries) return true;
    const { value, done } = await pages.next();
    page = done === true ? undefined : value;
    at = 0;
    return page !== undefined;
  }

  return {
    definitions: [],
    repetitions: [],
    texts: [],
    flaws: new Map(),
    at: 0,
    hasMore: nextPage,
    async fill(rows, limit) {
      this.definitions = [];
      this.repetitions = [];
      this.texts = [];
      this.flaws = new Map();
      this.at = 0;
      let begun = 0;
      let characters = 0;
      while (await nextPage()) {
        const { entries, definitions, repetitions, indices, values, place } = page as LeafPage;
        const isFull = decoding(place, () => {
          for (; at < entries; at += 1) {
            const repetition = repetitions?.[at] ?? 0;
            if (repetition === 0) {
              if (begun === rows) return true;
              begun += 1;
            }
            const index = indices[at] as number;
            this.definitions.push(definitions?.[at] ?? leaf.definition);
            this.repetitions.push(repetition);
            const flaw = index < 0 ? undefined : whyNoText(values, index, meaning);
            if (flaw !== undefined) this.flaws.set(this.texts.length, flaw);
            const text = index < 0 ? '' : textOf(values, index);
            this.texts.push(text);
            characters += text.length + ENTRY_COST;
            if (characters > limit) return true;
          }
          return false;
        });
        if (isFull) return characters;
      }
      if (begun < rows) throw damaged(`${leaf.path.join('.')} has fewer rows than its row group`);
      return characters;
    },
  };
}

/** In memory, about, beside its text. */
const ENTRY_COST = 32;

interface WrittenRow {
  readonly text: string;
  readonly flaw: Flaw | undefined;
}

type Write = () => string;

/** Writes the next row of the column from what its leaves have. */
function rowWriter(column: SchemaNode, leaves: readonly LeafEntries[]): () => WrittenRow {
  let flaw: Flaw | undefined;
  const write = fieldWriter(column);
  return () => {
    flaw = undefined;
    for (const { repetitions, at } of leaves)
      if (repetitions[at] !== 0) throw new Error('its levels contradict each other');
    const text = write();
    return { text, flaw };
  };

  function below({ firstLeaf, leaves: count }: SchemaNode): readonly LeafEntries[] {
    return leaves.slice(firstLeaf - column.firstLeaf, firstLeaf - column.firstLeaf + count);
  }

  /** Of what stands next below a node. */
  function levelsBelow(node: SchemaNode) {
    const own = below(node);
    const first = own[0] as LeafEntries;
    return {
      definition() {
        const level = first.definitions[first.at];
        if (level === undefined) throw new Error('its levels contradict each other');
        return level;
      },
      /** Passes over the entry that says that there is nothing. */
      skip() {
        for (const leaf of own) leaf.at += 1;
      },
      /** Whether another element of the list at this level follows, which all leaves must agree about. */
      goesOn(level: number) {
        const more = first.repetitions[first.at] === level;
        for (const { repetitions, at } of own) {
          if ((repetitions[at] === level) !== more) throw new Error('its levels contradict each other');
        }
        return more;
      },
    };
  }

  function fieldWriter(node: SchemaNode): Write {
    const content = contentWriter(node);
    const { repetition_type: kind } = node.element;
    if (kind === 'REPEATED') return listWriter(node, content);
    if (kind === 'REQUIRED') return content;
    const levels = levelsBelow(node);
    return () => {
      if (levels.definition() >= node.definition) return content();
      levels.skip();
      return 'null';
    };
  }

  function contentWriter(node: SchemaNode): Write {
    if (node.children.length === 0) return leafWriter(below(node)[0] as LeafEntries);
    const [only, ...others] = node.children;
    const annotation = node.element.logical_type?.type ?? node.element.converted_type;
    if (only !== undefined && others.length === 0 && only.element.repetition_type === 'REPEATED') {
      if (annotation === 'LIST') return listWriter(only, elementWriter(only, node));
      if (isMap(annotation) && only.children.length === 2) return mapWriter(only);
    }
    return structWriter(node);
  }

  function leafWriter(leaf: LeafEntries): Write {
    return () => {
      const text = leaf.texts[leaf.at];
      if (text === undefined || text === '') throw new Error('its levels contradict each other');
      const because = leaf.flaws.get(leaf.at);
      if (because !== undefined) flaw = { because, inJsonb: false };
      leaf.at += 1;
      return text;
    };
  }

  /** Whether the repeated group is the element itself or around it ("Backward-compatibility rules" of lists). */
  function elementWriter(repeated: SchemaNode, list: SchemaNode): Write {
    const [element, ...others] = repeated.children;
    const isAround =
      element !== undefined &&
      others.length === 0 &&
      element.element.repetition_type !== 'REPEATED' &&
      repeated.element.name !== 'array' &&
      repeated.element.name !== `${list.element.name}_tuple`;
    return isAround ? fieldWriter(element) : contentWriter(repeated);
  }

  function listWriter(repeated: SchemaNode, element: Write): Write {
    const levels = levelsBelow(repeated);
    return () => {
      if (levels.definition() < repeated.definition) {
        levels.skip();
        return '[]';
      }
      let text = `[${element()}`;
      while (levels.goesOn(repeated.repetition)) text += `, ${element()}`;
      return `${text}]`;
    };
  }

  function mapWriter(repeated: SchemaNode): Write {
    const [keyNode, valueNode] = repeated.children as [SchemaNode, SchemaNode];
    const [key, value] = [fieldWriter(keyNode), fieldWriter(valueNode)];
    const entries = listWriter(repeated, () => {
      const name = key();
      if (name === 'null') throw new Error('a map has a key that is NULL');
      names.push(name.startsWith('"') ? name : JSON.stringify(name));
      texts.push(value());
      return '';
    });
    let names: string[] = [];
    let texts: string[] = [];
    return () => {
      // Its values may be maps of this kind: what is being written of this one is kept aside.
      const [outerNames, outerTexts] = [names, texts];
      [names, texts] = [[], []];
      entries();
      if (new Set(names).size < names.length)
        flaw ??= { because: 'a map has a key twice, and jsonb keeps one', inJsonb: true };
      const text = `{${names.map((name, index) => `${name}: ${texts[index]}`).join(', ')}}`;
      [names, texts] = [outerNames, outerTexts];
      return text;
    };
  }

  function structWriter(node: SchemaNode): Write {
    const names = new Set(node.children.map(({ element }) => element.name));
    if (names.size < node.children.length) {
      throw unsupported(`the struct ${node.path.join('.')} has a field twice`, 'Give its fields names of their own');
    }
    const fields = node.children.map((child) => ({
      name: JSON.stringify(child.element.name),
      write: fieldWriter(child),
    }));
    return () => `{${fields.map(({ name, write }) => `${name}: ${write()}`).join(', ')}}`;
  }
}

function isMap(annotation: string | undefined): boolean {
  return annotation === 'MAP' || annotation === 'MAP_KEY_VALUE';
}

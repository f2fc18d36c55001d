import { opendir } from 'node:fs/promises';
import { compareBytes } from './byte-order.ts';
import { unless } from './disk-errors.ts';
import type { Layout } from './layout.ts';
import { readLongName } from './long-names.ts';
import { isHashed, plainNameOf, segmentOf } from './segment-name.ts';

/** Names of one folder that are held at a time, whatever their number. */
const BATCH = 1_024;

/**
 * One step of a listing. `sort` is the key of the object, or what the keys in the folder begin with (it ends with
 * `/`). `own` is the object that may lie in the folder (segment-name.ts, `OWN_OBJECT`).
 */
export interface Item {
  readonly kind: 'object' | 'own' | 'folder';
  readonly sort: string;
  readonly name: string;
}

/**
 * The items of a folder that are `wanted`, in the byte order of the keys they stand for. A folder sorts as `a/`,
 * hence after `a-b` and before `a0`. Reads the folder once for each 1,024 of them, to hold no more at a time.
 */
export async function* scanFolder(
  layout: Layout,
  path: string,
  key: string,
  wanted: (item: Item) => boolean,
): AsyncGenerator<Item, void, undefined> {
  let last: Item | undefined;
  for (;;) {
    const { items, more } = await nextItems(layout, path, key, (item) => isAfter(item, last) && wanted(item));
    yield* items;
    if (!more) return;
    last = items.at(-1);
  }
}

async function nextItems(layout: Layout, path: string, key: string, wanted: (item: Item) => boolean) {
  const items: Item[] = [];
  let more = false;
  const folder = await unless(opendir(path, { bufferSize: BATCH }), 'ENOENT', 'ENOTDIR');
  for await (const entry of folder ?? []) {
    for (const item of await itemsOf(layout, key, entry)) if (wanted(item)) items.push(item);
    if (items.length < 4 * BATCH) continue;
    items.sort(compareItems).length = BATCH;
    more = true;
  }
  items.sort(compareItems);
  if (items.length > BATCH) {
    items.length = BATCH;
    more = true;
  }
  return { items, more };
}

async function itemsOf(
  layout: Layout,
  key: string,
  entry: { name: string; isFile(): boolean; isDirectory(): boolean },
): Promise<Item[]> {
  const { name } = entry;
  const plain = plainNameOf(name);
  const segment = isHashed(plain ?? name) ? await readLongName(layout, plain ?? name) : segmentOf(plain ?? name);
  if (segment === undefined) return [];
  const sort = key + segment;
  if (entry.isFile()) return plain === undefined ? [{ kind: 'object', sort, name }] : [];
  if (!entry.isDirectory()) return [];
  const folder: Item = { kind: 'folder', sort: `${sort}/`, name };
  return plain === undefined ? [{ kind: 'own', sort, name }, folder] : [folder];
}

function isAfter(item: Item, last: Item | undefined): boolean {
  return last === undefined || compareItems(item, last) > 0;
}

/** The name decides between a folder and the one beside its object, of which only one holds keys. */
function compareItems(a: Item, b: Item): number {
  return compareBytes(a.sort, b.sort) || compareBytes(a.name, b.name);
}

import { createHash } from 'node:crypto';
import { DUMP_TYPES, type DumpType } from '../audit/new-dump.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { Manifest } from './manifest.ts';

/** Where a dump of ours is stored, as its key tells (design, section 4). */
export interface DumpPlace {
  /** Of all its objects, and of nothing else; ends in `/`. */
  readonly prefix: string;
  readonly type: DumpType;
  readonly source: string;
  /** `<purpose>`, and a digest of the tables of a selection. */
  readonly lineage: string;
}

/**
 * `dumps/SQL/<source>/<lineage>/<yyyymmddThhmmssZ>-<dumpId>/` (design, section 4). The lineage is the purpose and, for
 * a selection, a digest of its tables: dumps of the same tables rotate together, in whatever order they were named.
 */
export function dumpPrefix(
  dump: Pick<Manifest, 'dumpId' | 'source' | 'purpose'> & { readonly selection: readonly RelationName[] | null },
  createdAt: Date,
): string {
  return `dumps/SQL/${dump.source}/${lineageOf(dump)}/${stampOf(createdAt)}-${dump.dumpId}/`;
}

function lineageOf({ purpose, selection }: Parameters<typeof dumpPrefix>[0]): string {
  if (!selection) return purpose;
  const names = selection.map(({ schema, name }) => JSON.stringify([schema, name])).sort();
  return `${purpose}-tables-${createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 12)}`;
}

const KEY = /^(dumps\/([A-Z]+)\/([\w-][\w.-]*)\/([\w-][\w.-]*)\/(\d{8}T\d{6}Z)-([1-9]\d{0,14})\/)[^/]+$/;

/** The place that a key names, and the dump_id in it; nothing for any key that is not of this very form. */
export function placeOf(key: string): (DumpPlace & { readonly dumpId: number }) | undefined {
  const [, prefix, type, source, lineage, stamp, id] = KEY.exec(key) ?? [];
  const known = DUMP_TYPES.find((name) => name === type);
  if (prefix === undefined || source === undefined || lineage === undefined || known === undefined) return undefined;
  return isTime(stamp) ? { prefix, type: known, source, lineage, dumpId: Number(id) } : undefined;
}

/**
 * The same, of the dump of this id. What is deleted is everything below the prefix, so a row that was changed by hand
 * must lead nowhere else.
 */
export function findPlace(key: string, dumpId: number): DumpPlace | undefined {
  const place = placeOf(key);
  return place?.dumpId === dumpId ? place : undefined;
}

/** `20261122T102030Z` */
function stampOf(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

function isTime(stamp: string | undefined): boolean {
  const text = stamp?.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z') ?? '';
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && stampOf(time) === stamp;
}

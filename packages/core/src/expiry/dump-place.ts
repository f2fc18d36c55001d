import { DUMP_TYPES, type DumpType } from '../audit/new-dump.ts';

/** Where a dump of ours is stored, as its key tells (design, section 4). */
export interface DumpPlace {
  /** Of all its objects, and of nothing else; ends in `/`. */
  readonly prefix: string;
  readonly type: DumpType;
  readonly source: string;
  /** `<purpose>`, and a digest of the tables of a selection. */
  readonly lineage: string;
}

const KEY = /^(dumps\/([A-Z]+)\/([\w-][\w.-]*)\/([\w-][\w.-]*)\/\d{8}T\d{6}Z-(\d{1,15})\/)[^/]+$/;

/**
 * The place that a key names, or nothing for any other key. What is deleted is everything below the prefix, so it must
 * have this very form, and end in the id of the dump: a row that was changed by hand leads nowhere else.
 */
export function findPlace(key: string, dumpId: number): DumpPlace | undefined {
  const [, prefix, type, source, lineage, id] = KEY.exec(key) ?? [];
  const known = DUMP_TYPES.find((name) => name === type);
  if (prefix === undefined || source === undefined || lineage === undefined || known === undefined) return undefined;
  return Number(id) === dumpId ? { prefix, type: known, source, lineage } : undefined;
}

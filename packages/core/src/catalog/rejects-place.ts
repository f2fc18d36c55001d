import { parseStamp } from './stamp.ts';

/** Where stands what was not loaded, as its key tells: the rejects of an import, or a file that was refused as a whole. */
export interface RejectsPlace {
  /** Of rejects and of how they are read, or of the file; ends in `/`. */
  readonly prefix: string;
  /** When the import began. */
  readonly startedAt: Date;
  /** The dump_id that the import has in T38; null for a file, whose import never came to have one. */
  readonly dumpId: number | null;
}

const KEY = /^(rejected\/(\d{8}T\d{6}Z)-(?:([1-9]\d{0,14})|file-[0-9a-f]{24})\/)/;

/** The place that a key, or its prefix, names; nothing for any key that no import of ours has written. */
export function rejectsPlaceOf(key: string): RejectsPlace | undefined {
  const [, prefix, stamp = '', id] = KEY.exec(key) ?? [];
  const startedAt = parseStamp(stamp);
  if (prefix === undefined || startedAt === undefined) return undefined;
  return { prefix, startedAt, dumpId: id === undefined ? null : Number(id) };
}

import { parseStamp } from './stamp.ts';

/** Where the rejects of an import stand, as their key tells. */
export interface RejectsPlace {
  /** Of them and of how they are read; ends in `/`. */
  readonly prefix: string;
  /** When the import began. */
  readonly startedAt: Date;
  /** The dump_id that the import has in T38. */
  readonly dumpId: number;
}

const KEY = /^(rejected\/(\d{8}T\d{6}Z)-([1-9]\d{0,14})\/)/;

/** The place that a key, or its prefix, names; nothing for any key that no import of ours has written. */
export function rejectsPlaceOf(key: string): RejectsPlace | undefined {
  const [, prefix, stamp = '', id] = KEY.exec(key) ?? [];
  const startedAt = parseStamp(stamp);
  return prefix === undefined || startedAt === undefined ? undefined : { prefix, startedAt, dumpId: Number(id) };
}

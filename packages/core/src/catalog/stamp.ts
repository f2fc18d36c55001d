/** A time as our keys write it, in UTC: `20261122T102030Z`. */
export function formatStamp(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The time that it says; undefined for what `formatStamp` would not write. */
export function parseStamp(stamp: string): Date | undefined {
  const time = new Date(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  return !Number.isNaN(time.getTime()) && formatStamp(time) === stamp ? time : undefined;
}

/**
 * How long the sender of an answer asks to be left alone, in milliseconds (RFC 9110, section 10.2.3): a number of
 * seconds, or a time, which is held against the answer's own date, for clocks differ. Undefined where it says nothing.
 */
export function retryAfterMs(
  retryAfter: string | null | undefined,
  date: string | null | undefined,
): number | undefined {
  if (!retryAfter) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const wait = Date.parse(retryAfter) - Date.parse(date ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

/** A hold as the journal tells it: until when, ISO 8601, 'released' for as long as nobody releases it, null for none. */
export function isHeld(until: string | null, now: Date): boolean {
  if (until === null) return false;
  return until === 'released' || new Date(until) > now;
}

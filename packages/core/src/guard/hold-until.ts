/** As long as an execution of workflows/guarded-step may take, by its definition. */
const MOST_MS = 604_800_000;

/** When the hold of a step on its tables ends by itself. With three fractional digits, as it is compared. */
export function holdUntil(now: Date): string {
  return new Date(now.getTime() + MOST_MS).toISOString();
}

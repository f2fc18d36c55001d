/** Leaves the event loop no turn, for ever. */
export function handler(): never {
  for (;;);
}

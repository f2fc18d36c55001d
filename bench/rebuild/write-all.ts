/** Objects are put this many at a time, by a client that does nothing else. */
const WRITERS = 32;

/** Writes what belongs to 1 to `count`. */
export async function writeAll(count: number, write: (n: number) => Promise<void>): Promise<void> {
  let last = 0;
  const writer = async () => {
    while (last < count) {
      last += 1;
      await write(last);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

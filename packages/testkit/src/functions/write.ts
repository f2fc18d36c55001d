/** Writes to where a program writes. */
export async function handler() {
  process.stdout.write('to stdout\nin two ');
  process.stdout.write('parts\n');
  console.error('to stderr');
  process.stdout.write(`${'long '.repeat(10_000)}\n`);
  process.stdout.write('without an end');
  return null;
}

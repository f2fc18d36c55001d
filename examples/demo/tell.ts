import type { Datasens } from './command.ts';

/** What the reader is to know of the commands that follow. */
export function say(text: string): void {
  console.log(`\n── ${text}`);
}

/** The command must fail, with this error. */
export async function refused(
  datasens: Datasens,
  args: readonly string[],
  expected: string,
  { env = {}, status = 1 }: { readonly env?: Readonly<Record<string, string>>; readonly status?: number } = {},
): Promise<void> {
  const { error } = JSON.parse(await datasens(args, { env, expect: status }));
  if (error.name !== expected) throw new Error(`expected ${expected}, got ${error.name}`);
  console.log(`(exit status ${status})`);
}

/** The last dump that was made, as the audit has it. */
export async function newestDump(datasens: Datasens): Promise<{ readonly dumpId: number; readonly key: string }> {
  return JSON.parse(await datasens(['audit', '--type', 'SQL', '--limit', '1', '--json'], { quiet: true })).dumps[0];
}

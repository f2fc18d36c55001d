import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const HOOK = join(import.meta.dirname, 'dump/report-peak-rss.mjs');
const MOST_OUTPUT_BYTES = 2 ** 28;

/** The memory of the real command, from its start to its end, in MB; of the programs that it starts, nothing. */
export async function peakRssMb(
  args: readonly string[],
  { env, cwd }: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): Promise<number> {
  const command = ['--import', HOOK, join(ROOT, 'packages/cli/bin/datasens.js'), ...args];
  const options = { env: { ...process.env, ...env }, cwd, maxBuffer: MOST_OUTPUT_BYTES };
  const { stderr } = await promisify(execFile)(process.execPath, command, options);
  const kilobytes = Number(/^peak RSS (\d+) kB$/m.exec(stderr)?.[1]);
  if (!(kilobytes > 0)) throw new Error(`the command did not report its memory:\n${stderr}`);
  return (kilobytes * 1_024) / 1e6;
}

import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python of its own that has these packages, below the user's cache folder: made once, and kept for the next time. */
export async function pythonWith(name: string, packages: readonly string[]): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens', name);
  const python = join(folder, 'bin/python');
  await mkdir(dirname(folder), { recursive: true });
  await access(python).catch(() => run('python3', ['-m', 'venv', folder]));
  await run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  return python;
}

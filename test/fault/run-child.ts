import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Runs a program of this folder to its end, and tells how it ended: the signal's name, or the exit code. */
export async function runChild(
  program: string,
  input: string,
  env: Readonly<Record<string, string>>,
): Promise<NodeJS.Signals | number> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, input], { env: { ...process.env, ...env }, stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal ?? code ?? 0;
}

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The source of the `datasens` command, which Node runs as it is. */
export const CLI = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What stdout holds, where it is one JSON document. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects
  readonly json: any;
}

/** Runs `datasens` with exactly the `DATASENS_*` and database settings of `env`, whatever this process has. */
export async function datasens(args: readonly string[], env: Record<string, string>, cwd?: string): Promise<CliResult> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(DATASENS_|PG|.*DATABASE_URL$)/.test(name));
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr, json: parseJson(stdout) };
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    return undefined;
  }
}

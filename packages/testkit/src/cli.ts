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

/** Starts `datasens` with exactly the `DATASENS_*` and database settings of `env`, whatever this process has. */
export function spawnDatasens(args: readonly string[], env: Record<string, string>, cwd?: string) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(DATASENS_|PG|.*DATABASE_URL$)/.test(name));
  return spawn(process.execPath, [CLI, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Runs `datasens` to its end. */
export async function datasens(args: readonly string[], env: Record<string, string>, cwd?: string): Promise<CliResult> {
  return cliResult(spawnDatasens(args, env, cwd));
}

/** What a started command comes to. */
export async function cliResult(child: ReturnType<typeof spawnDatasens>): Promise<CliResult> {
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

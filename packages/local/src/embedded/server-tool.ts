import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@datasens/core/errors.ts';
import type { ServerUser } from './server-user.ts';

const run = promisify(execFile);

/** One of the server's own programs, and the folder of a server's programs that it is in. */
export interface ServerTool {
  readonly binDir: string;
  readonly name: 'initdb' | 'pg_ctl' | 'postgres';
}

export interface RunOptions {
  readonly user: ServerUser;
  /** A folder that `user` may enter: PostgreSQL dies in one that it may not. */
  readonly cwd: string;
  readonly signal?: AbortSignal | undefined;
  readonly input?: string;
}

/** Runs a server program to its end and returns its stdout. Throws `ToolFailed` with the end of what it said. */
export async function runServerTool(tool: ServerTool, args: readonly string[], options: RunOptions): Promise<string> {
  const { user, cwd, signal, input } = options;
  const running = run(join(tool.binDir, tool.name), args, {
    ...user.spawnAs,
    cwd,
    signal,
    // Not the caller's environment: PGDATA, PGPORT, PGOPTIONS and the locale would change what the server does.
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', HOME: cwd },
    maxBuffer: 16 * 1024 * 1024,
  });
  running.child.stdin?.on('error', () => {}).end(input);
  try {
    return (await running).stdout;
  } catch (error) {
    signal?.throwIfAborted();
    throw new AppError('ToolFailed', `${tool.name} failed: ${lastWords(error)}`, { cause: error });
  }
}

function lastWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error ? String(error.stderr).trim() : '';
  return said ? said.slice(-2000) : error.message;
}

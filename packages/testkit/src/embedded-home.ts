import { spawn } from 'node:child_process';
import { chmod, glob, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import type { RunningServer } from '@datasens/local/embedded/running-server.ts';
import { createTemporaryFolder, listAbandonedFolders } from './temporary-folder.ts';

/** A home for an embedded PostgreSQL. Disposing of it stops the server and removes the home. */
export interface EmbeddedHome extends AsyncDisposable {
  readonly path: string;
  /** Starts or finds the server in this process; the options are those of `embeddedPostgres`. */
  start(options?: Partial<Parameters<typeof embeddedPostgres>[0]>): ReturnType<typeof embeddedPostgres>;
  /** Starts or finds the server in a process of its own, which can be killed. */
  command(): Command;
  stop(): Promise<void>;
  /** Files and folders of the home by a glob pattern. */
  find(pattern: string): Promise<string[]>;
}

export interface Command {
  /** What the command found. Rejects if it failed or was killed. */
  readonly server: Promise<RunningServer>;
  /** SIGKILL, to the command alone: its children live on. */
  kill9(): void;
}

/** `mode` is that of the folder which the home is in: 0o700 as root shuts the server's own user out. */
export async function embeddedHome({ mode = 0o755, name = 'home' } = {}): Promise<EmbeddedHome> {
  const parent = await createTemporaryFolder('home');
  await chmod(parent, mode);
  const path = join(parent, name);
  const signal = new AbortController().signal;
  return {
    path,
    start: (options = {}) => embeddedPostgres({ home: path, signal, log: () => undefined, ...options }),
    command: () => runCommand(path),
    stop: () => stopEmbeddedPostgres(path, signal),
    find: (pattern) => Array.fromAsync(glob(pattern, { cwd: path }), (found) => join(path, found)),
    async [Symbol.asyncDispose]() {
      await removeHome(parent, path);
    },
  };
}

/** Ends and removes the homes of test runs that were killed. */
export async function removeAbandonedHomes(): Promise<void> {
  for (const parent of await listAbandonedFolders('home')) {
    for (const name of await readdir(parent)) await removeHome(parent, join(parent, name));
    await rm(parent, { recursive: true, force: true });
  }
}

async function removeHome(parent: string, path: string): Promise<void> {
  await stopEmbeddedPostgres(path, new AbortController().signal);
  await rm(parent, { recursive: true, force: true, maxRetries: 5 });
}

function runCommand(home: string): Command {
  const program = join(import.meta.dirname, 'embedded-command.ts');
  const child = spawn(process.execPath, [program, home], { stdio: ['ignore', 'pipe', 'pipe'] });
  const server = Promise.all([text(child.stdout), text(child.stderr)]).then(([stdout, stderr]) => {
    if (stdout === '') throw new Error(stderr || 'the command was killed');
    return JSON.parse(stdout) as RunningServer;
  });
  // Often nobody waits for a command that is to be killed.
  server.catch(() => undefined);
  return { server, kill9: () => void child.kill('SIGKILL') };
}

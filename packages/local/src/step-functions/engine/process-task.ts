import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Call } from './invoke.ts';

/** What runs as a task: the program and its first arguments, and what it finds in its environment. */
export interface TaskProgram {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts the program, with the command and the environment that the task is run with, and resolves when it runs. As on
 * AWS, it goes on by itself, also when the host ends, and reports through its token. Rejects where it cannot start.
 */
export async function startTask(
  { command: [program, ...first], environment }: TaskProgram,
  call: Extract<Call, { resource: 'ecs:runTask' }>,
): Promise<void> {
  const child = spawn(program, [...first, ...call.command], {
    env: { ...environment, ...call.environment },
    // Not of the terminal's group: Ctrl-C is for the host.
    detached: true,
    // What it says is none of what the host answers.
    stdio: ['ignore', 2, 2],
  });
  await once(child, 'spawn');
  child.unref();
}

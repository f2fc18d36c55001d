import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { SetupError } from './setup-error.mjs';

/** Runs a program whose output, on both streams, is shown on stderr. Throws `SetupError` unless it succeeds. */
export async function run(program, args, options = {}) {
  const status = await end(spawn(program, args, { ...options, stdio: ['ignore', 2, 2] }), program);
  if (status !== 0) throw new SetupError(`${[program, ...args].join(' ')} failed (${status})`);
}

/** What a program prints. Throws `SetupError`, with what it said, unless it succeeds. */
export async function outputOf(program, args, options = {}) {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), end(child, program)]);
  if (status === 0) return stdout;
  throw new SetupError(`${[program, ...args].join(' ')} failed (${status}): ${stderr.trim().slice(-2000)}`);
}

async function end(child, program) {
  const [status, signal] = await once(child, 'close').catch((cause) => {
    throw new SetupError(`cannot run ${program}: ${cause.message}`, { cause });
  });
  return signal ?? status;
}

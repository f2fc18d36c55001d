import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { goBinary, isBuilt, isGoThere } from './go-binary.ts';

const run = promisify(execFile);
const LIMIT_BYTES = 64 * 1_048_576;

/** The command that everybody has: https://age-encryption.org */
const AGE = { path: 'filippo.io/age/cmd/age', version: 'v1.2.1' };

/** Runs the real `age`: that of this machine, or one that Go builds. Throws what it says where it fails. */
export async function age(args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const running = run(await agePath(), args, { encoding: 'buffer', maxBuffer: LIMIT_BYTES });
  running.child.stdin?.on('error', () => undefined).end(input);
  return (await running).stdout;
}

/** Why there is no `age` here; undefined where there is. */
export async function ageUnavailable(): Promise<string | undefined> {
  if ((await isOnPath()) || (await isBuilt(AGE)) || (await isGoThere())) return undefined;
  return 'there is no age, and no Go (1.24 or newer) to build it with';
}

async function agePath(): Promise<string> {
  return (await isOnPath()) ? 'age' : goBinary(AGE, console.error);
}

function isOnPath(): Promise<boolean> {
  return run('age', ['--version']).then(
    () => true,
    () => false,
  );
}

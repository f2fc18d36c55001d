import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program, as a Go package of one version. */
export interface GoProgram {
  readonly path: string;
  readonly version: string;
}

/** Whether the program was built before. */
export function isBuilt(program: GoProgram): Promise<boolean> {
  return access(binaryPath(program)).then(
    () => true,
    () => false,
  );
}

export function isGoThere(): Promise<boolean> {
  return run('go', ['version']).then(
    () => true,
    () => false,
  );
}

/** The path of the program; built by Go the first time, which may take minutes, and kept in the user's cache folder. */
export async function goBinary(program: GoProgram, log: (message: string) => void): Promise<string> {
  const binary = binaryPath(program);
  if (await isBuilt(program)) return binary;
  const { path, version } = program;
  const name = basename(path);
  log(`building ${name} ${version}, once`);
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, `building-${name}-`));
  try {
    const go = join(cache, 'go');
    const env = { ...process.env, GOBIN: folder, GOPATH: join(go, 'path'), GOCACHE: join(go, 'build') };
    await run('go', ['install', '-modcacherw', `${path}@${version}`], { env, cwd: folder });
    await rename(join(folder, name), binary);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return binary;
}

function binaryPath({ path, version }: GoProgram): string {
  return join(cacheFolder(), `${basename(path)}-${version}`);
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens', 'test-servers');
}

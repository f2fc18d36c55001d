import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Servers that speak S3, as Go packages of one version each. MinIO has no tagged one that the module proxy serves. */
const PACKAGES = {
  minio: { path: 'github.com/minio/minio', version: 'v0.0.0-20260212201848-7aac2a2c5b7c' },
  versitygw: { path: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.7.0' },
} as const;

export type S3Kind = keyof typeof PACKAGES;
export const S3_KINDS = Object.keys(PACKAGES) as S3Kind[];

/** Why the servers cannot be had here; undefined where they can. */
export async function s3Unavailable(): Promise<string | undefined> {
  const missing: S3Kind[] = [];
  for (const kind of S3_KINDS) if (!(await isThere(binaryPath(kind)))) missing.push(kind);
  if (missing.length === 0) return undefined;
  return await run('go', ['version']).then(
    () => undefined,
    () => `there is no Go (1.24 or newer) to build ${missing.join(' and ')} with`,
  );
}

/** The server's program; built by Go the first time, which takes minutes, and kept in the user's cache folder. */
export async function s3Binary(kind: S3Kind, log: (message: string) => void): Promise<string> {
  const binary = binaryPath(kind);
  if (await isThere(binary)) return binary;
  const { path, version } = PACKAGES[kind];
  log(`building ${kind} ${version}, once`);
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, `building-${kind}-`));
  try {
    const go = join(cache, 'go');
    const env = { ...process.env, GOBIN: folder, GOPATH: join(go, 'path'), GOCACHE: join(go, 'build') };
    await run('go', ['install', '-modcacherw', `${path}@${version}`], { env, cwd: folder });
    await rename(join(folder, kind), binary);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return binary;
}

function binaryPath(kind: S3Kind): string {
  return join(cacheFolder(), `${kind}-${PACKAGES[kind].version}`);
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens', 'test-servers');
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

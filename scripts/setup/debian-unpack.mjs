import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './lock.mjs';
import { outputOf, run } from './run.mjs';
import { SetupError } from './setup-error.mjs';

const TOOLS = ['pg_dump', 'pg_restore', 'psql', 'pg_dumpall'];
// What the wrappers that Debian puts on PATH need; the tools themselves do not.
const NOT_NEEDED = /^(postgresql-client-common|netbase|ucf|perl.*|libperl.*|lib.*-perl)$/;

/**
 * Debian, Ubuntu, as an ordinary user: the distribution's packages, checked by apt against its signatures, unpacked
 * into `<cache>/postgresql-client/<major>`. They appear whole or not at all; two set-ups may do so at once.
 */
export async function unpackIntoCache() {
  const parent = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens', 'postgresql-client');
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const unfinished = await mkdtemp(join(parent, `new-${process.pid}-`));
  try {
    const apt = await privateApt(join(unfinished, 'apt'));
    const major = await defaultMajor(apt);
    const tools = join(unfinished, 'tools');
    await unpack(apt, await missingPackages(apt, `postgresql-client-${major}`), join(unfinished, 'debs'), tools);
    await writeWrappers(tools, major);
    // The wrappers know their own place: they work before and after.
    await outputOf(join(tools, 'bin', 'psql'), ['--version']);
    await publish(tools, join(parent, major));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Options that let an ordinary user refresh the package lists: into a folder of their own. */
async function privateApt(folder) {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const options = ['-o', `Dir::State::Lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/cache`];
  await run('apt-get', [...options, 'update']);
  return options;
}

/** The major that the distribution's `postgresql-client` stands for. */
async function defaultMajor(apt) {
  const found = /Depends: postgresql-client-(\d+)/.exec(
    await outputOf('apt-cache', [...apt, 'depends', 'postgresql-client'], { env: english() }),
  );
  if (found) return found[1];
  throw new SetupError(
    "this distribution has no package postgresql-client: install PostgreSQL's client tools, or set PG_BIN_DIR",
  );
}

/** The package and those it depends on that are not installed. */
async function missingPackages(apt, name) {
  const args = [...apt, 'install', '--print-uris', '-qq', '--no-install-recommends', '--reinstall', name];
  // Each line: 'URI' FILE SIZE HASH
  const files = [...(await outputOf('apt-get', args)).matchAll(/^'[^']*' (\S+?)_\S* /gm)];
  return files.map(([, packageName]) => packageName).filter((packageName) => !NOT_NEEDED.test(packageName));
}

async function unpack(apt, packages, debs, target) {
  await mkdir(debs);
  await run('apt-get', [...apt, 'download', ...packages], { cwd: debs });
  await mkdir(join(target, 'root'), { recursive: true });
  for (const name of await readdir(debs)) await run('dpkg-deb', ['-x', join(debs, name), join(target, 'root')]);
}

/** The libraries lie beside the tools, where the system does not look for them. */
async function writeWrappers(tools, major) {
  await mkdir(join(tools, 'bin'));
  for (const name of TOOLS) {
    const wrapper = join(tools, 'bin', name);
    await writeFile(
      wrapper,
      `#!/bin/sh
root=\${0%/bin/*}/root
for folder in "$root"/usr/lib/*-linux-* "$root"/lib/*-linux-*; do
  LD_LIBRARY_PATH=$folder\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "$root/usr/lib/postgresql/${major}/bin/${name}" "$@"
`,
    );
    await chmod(wrapper, 0o755);
  }
}

/** What another set-up published in the meantime is as good as ours; what does not run is replaced. */
async function publish(tools, target) {
  if (await moveTo(tools, target)) return;
  if (await runs(target)) return;
  await moveTo(target, `${tools}-replaced`);
  await moveTo(tools, target);
}

async function moveTo(from, to) {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOENT'].includes(error.code)) return false;
    throw error;
  }
}

async function runs(tools) {
  return outputOf(join(tools, 'bin', 'psql'), ['--version']).then(
    () => true,
    () => false,
  );
}

async function removeAbandoned(parent) {
  for (const name of await readdir(parent)) {
    const owner = /^new-(\d+)-/.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function english() {
  return { ...process.env, LC_ALL: 'C' };
}

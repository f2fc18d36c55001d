import { access, mkdir, stat, utimes } from 'node:fs/promises';
import { withLock } from './lock.mjs';
import { PROJECT_NODE, ROOT } from './root-folder.mjs';
import { outputOf, run } from './run.mjs';
import { SetupError } from './setup-error.mjs';

const MODULES = `${ROOT}node_modules`;
// npm writes it last: an install that was cut off leaves none, or an old one.
const INSTALLED = `${MODULES}/.package-lock.json`;

/** Installs what package-lock.json names, where that is newer than what is installed. The lock file stays as it is. */
export async function installPackages() {
  if (await isInstalled()) return;
  await mkdir(MODULES, { recursive: true });
  await withLock(`${MODULES}/.setup.lock`, async () => {
    // Another set-up may have installed them while this one waited.
    if (await isInstalled()) return;
    await npm(['install', '--no-save', '--no-audit', '--no-fund']);
    // Where the user's npm runs no scripts, node is but a stub: its script brings the program.
    if (!(await nodeRuns())) await npm(['rebuild', 'node', 'esbuild', '--ignore-scripts=false']);
    if (!(await nodeRuns())) throw new SetupError(`${PROJECT_NODE} does not run: remove node_modules, and try again`);
    await utimes(INSTALLED, new Date(), new Date());
  });
}

async function isInstalled() {
  const [wanted, installed] = await Promise.all([modifiedAt(`${ROOT}package-lock.json`), modifiedAt(INSTALLED)]);
  return installed >= wanted && (await nodeRuns());
}

async function modifiedAt(path) {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return Number.NEGATIVE_INFINITY;
    throw error;
  }
}

async function nodeRuns() {
  try {
    await access(PROJECT_NODE);
    return /^v(2[4-9]|[3-9]\d)\./.test(await outputOf(PROJECT_NODE, ['--version']));
  } catch {
    return false;
  }
}

async function npm(args) {
  // The npm that runs this script, if one does: it may be on nobody's PATH.
  const [program, ...first] = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  try {
    await run(program, [...first, ...args], { cwd: ROOT });
  } catch (cause) {
    if (!(cause instanceof SetupError)) throw cause;
    throw new SetupError(`npm ${args[0]} failed: npm says why above. It needs the npm registry, or a mirror of it`, {
      cause,
    });
  }
}

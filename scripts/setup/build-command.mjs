import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_NODE, ROOT } from './root-folder.mjs';
import { run } from './run.mjs';

const BUILD = `${ROOT}scripts/build.ts`;
const SOURCES = ['packages/core/src', 'packages/local/src', 'packages/cli/src', 'migrations', 'scripts/build.ts'];

/** Builds the `datasens` command, where a source of it is newer than the last build. */
export async function buildCommand() {
  if (!existsSync(BUILD)) return;
  const built = await stat(`${ROOT}packages/cli/dist/main.js`).catch(() => undefined);
  const newest = Math.max(...(await Promise.all(SOURCES.map((source) => newestIn(join(ROOT, source))))));
  if (built && built.mtimeMs > newest) return;
  await run(PROJECT_NODE, [BUILD], { cwd: ROOT });
}

/** Folders count, too: they change when a file in them is removed. */
async function newestIn(path) {
  const found = await stat(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(path);
  return Math.max(found.mtimeMs, ...(await Promise.all(names.map((name) => newestIn(join(path, name))))));
}

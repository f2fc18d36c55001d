import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A copy of the working tree that may be broken at will. Disposing removes it. */
export interface ScratchTree extends AsyncDisposable {
  readonly root: string;
}

/** Copies what git tracks or would track in `source`, and links its installed packages so that ours are the copies. */
export async function copyTree(source: string): Promise<ScratchTree> {
  const root = await mkdtemp(join(tmpdir(), 'datasens-mutants-'));
  const { stdout } = await run('git', ['ls-files', '-coz', '--exclude-standard', '--deduplicate'], {
    cwd: source,
    maxBuffer: 64_000_000,
  });
  for (const path of stdout.split('\0').filter(Boolean)) await copyIfThere(join(source, path), join(root, path));
  await linkPackages(source, root, 'node_modules');
  // What tests have started may still be ending, and write there what it has compiled.
  const remove = () => rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  return { root, [Symbol.asyncDispose]: remove };
}

/** A tracked file may have been removed, or renamed by somebody else at this moment. */
async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await cp(from, to, { verbatimSymlinks: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Workspaces are symbolic links in `node_modules`, which would lead from the copy back to the original: they are made
 * anew, relative to the copy. Scopes are made folders for that; everything else is one link. Caches stay apart.
 */
async function linkPackages(source: string, root: string, folder: string): Promise<void> {
  await mkdir(join(root, folder), { recursive: true });
  for (const entry of await readdir(join(source, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const original = join(source, path);
    if (/^\.(vite|cache)/.test(entry.name)) continue;
    if (entry.name.startsWith('@') && entry.isDirectory()) await linkPackages(source, root, path);
    else await symlink(entry.isSymbolicLink() ? await copyOf(original, source, root) : original, join(root, path));
  }
}

async function copyOf(link: string, source: string, root: string): Promise<string> {
  const target = relative(source, resolve(dirname(link), await readlink(link)));
  return target.startsWith('..') ? resolve(source, target) : join(root, target);
}

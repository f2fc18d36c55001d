import { globSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** A program, and where it stands when it is built, without its extension. */
export interface Entry {
  readonly in: string;
  readonly out: string;
}

const root = fileURLToPath(new URL('../', import.meta.url));

/** The functions, and the program of a task. */
const FUNCTIONS: readonly Entry[] = [
  { in: `${root}functions/container/task.ts`, out: 'container/task' },
  ...globSync(`${root}functions/*.ts`)
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => ({ in: path, out: basename(path, '.ts') })),
];

/** What the command starts as processes: its own programs, and the functions with the tasks that a host runs. */
export const PROGRAMS: readonly Entry[] = [
  { in: `${root}packages/local/src/step-functions/evaluation/evaluation-process.ts`, out: 'evaluation-process' },
  { in: `${root}packages/local/src/functions/function-process.ts`, out: 'function-process' },
  ...FUNCTIONS.map((entry) => ({ ...entry, out: `functions/${entry.out}` })),
];

/**
 * Bundles programs with all that they import, for Node 24, as the command ships: chunks load with what needs them. The
 * programs that one starts itself stand beside it.
 */
export async function bundle(entryPoint: string, outdir: string, beside: readonly Entry[] = []): Promise<void> {
  const own = { in: entryPoint, out: basename(entryPoint, '.ts') };
  await build({ ...OPTIONS, entryPoints: [own, ...beside], outdir });
}

/** What stands in /var/task: the functions and the task, and the files that they read. */
export async function bundleTask(outdir: string): Promise<void> {
  await bundleModules(FUNCTIONS, outdir);
  await copyMigrations(`${outdir}/migrations`);
}

/** Bundles handlers as `<name>.mjs`: without a package beside it, a module is one by its name. */
export async function bundleModules(entries: readonly Entry[], outdir: string): Promise<void> {
  await build({ ...OPTIONS, entryPoints: [...entries], outdir, outExtension: { '.js': '.mjs' } });
}

/** Copies the audit's migrations, which bundles expect beside them. */
export async function copyMigrations(to: string): Promise<void> {
  await cp(`${root}migrations`, to, { recursive: true, filter: (path) => !path.endsWith('schema.sql') });
}

/**
 * As an ES module node:http has everything looked at that it exports, its WebSocket too, which loads a second client of
 * HTTP: 15 ms of the start of whatever speaks to S3. As CommonJS only what is used is looked at.
 */
const httpAsCommonJs: Plugin = {
  name: 'http-as-commonjs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace: 'builtin' }));
    onLoad({ filter: /^http$/, namespace: 'builtin' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http');",
    }));
  },
};

const OPTIONS: BuildOptions = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // Modules let what nobody uses be left out: of the SDK two thirds.
  mainFields: ['module', 'main'],
  // pg asks for these only where they are installed.
  external: ['pg-native', 'pg-cloudflare'],
  plugins: [httpAsCommonJs],
  // Some of what is bundled is CommonJS and requires Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};

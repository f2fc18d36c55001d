import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

/** A program, and where it stands when it is built, without its extension. */
export interface Entry {
  readonly in: string;
  readonly out: string;
}

const root = fileURLToPath(new URL('../', import.meta.url));

/** What the command starts as processes: its own programs, and the functions with the tasks that a host runs. */
export const PROGRAMS: readonly Entry[] = [
  { in: `${root}packages/local/src/step-functions/evaluation/evaluation-process.ts`, out: 'evaluation-process' },
  { in: `${root}packages/local/src/functions/function-process.ts`, out: 'function-process' },
  { in: `${root}functions/container/task.ts`, out: 'functions/container/task' },
  ...globSync(`${root}functions/*.ts`)
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => ({ in: path, out: `functions/${basename(path, '.ts')}` })),
];

/**
 * Bundles programs with all that they import, for Node 24, as the command ships: chunks load with what needs them. The
 * programs that one starts itself stand beside it.
 */
export async function bundle(entryPoint: string, outdir: string, beside: readonly Entry[] = []): Promise<void> {
  const own = { in: entryPoint, out: basename(entryPoint, '.ts') };
  await build({ ...OPTIONS, entryPoints: [own, ...beside], outdir });
}

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
  // Some of what is bundled is CommonJS and requires Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};

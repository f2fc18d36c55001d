import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

/** The programs that the command starts as processes. */
export const PROGRAMS: readonly string[] = [
  'step-functions/evaluation/evaluation-process.ts',
  'functions/function-process.ts',
].map((path) => fileURLToPath(new URL(`../packages/local/src/${path}`, import.meta.url)));

/**
 * Bundles a program with all that it imports, for Node 24, as the command ships: chunks load with what needs them. The
 * programs that it starts itself stand beside it.
 */
export async function bundle(entryPoint: string, outdir: string, beside: readonly string[] = []): Promise<void> {
  await build({ ...OPTIONS, entryPoints: [entryPoint, ...beside], entryNames: '[name]', outdir });
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

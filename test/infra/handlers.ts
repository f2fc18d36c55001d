import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The names of the handlers that there are. */
export const HANDLERS: readonly string[] = globSync(`${root}functions/*.ts`)
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => basename(path, '.ts'))
  .toSorted();

/** The modules of ours of which something is left in the bundle of each handler, by their paths in the repository. */
export async function modulesOfHandlers(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: HANDLERS.map((name) => `functions/${name}.ts`),
    outdir: 'unwritten',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [OURS_ALONE],
    logLevel: 'error',
  });
  return new Map(
    Object.entries(metafile.outputs).map(([path, { inputs }]) => [
      basename(path, '.js'),
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([input]) => input),
    ]),
  );
}

/** What others wrote is left out: it takes most of the time. */
const OURS_ALONE: Plugin = {
  name: 'ours-alone',
  setup({ onResolve }) {
    onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@datasens/')
        ? undefined
        : { path, external: true, sideEffects: false },
    );
  },
};

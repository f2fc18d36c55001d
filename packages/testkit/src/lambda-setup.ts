import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { bundleModules, bundleTask } from '../../../scripts/bundle.ts';
import { buildImage } from './container/build-image.ts';
import { removeAbandoned } from './container/container.ts';
import { containerCli } from './container/container-cli.ts';
import { createTemporaryFolder, listAbandonedFolders } from './temporary-folder.ts';

/** What functions are run on and from. */
export interface LambdaPlaces {
  /** The image with Lambda's own runtime, and that with the client tools besides. */
  readonly runtime: string;
  readonly tools: string;
  /** The folder of the bundles, where they do not stand in the image; and that of the test kit's own functions. */
  readonly task?: string;
  readonly probes: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    lambda: LambdaPlaces;
  }
}

const PROBES = fileURLToPath(new URL('./functions/*.ts', import.meta.url));

/**
 * Builds what functions run on, for a whole run: bundles of this tree on the image's first stages, so that a change of a
 * function needs no new image.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const folder of await listAbandonedFolders('lambda')) await rm(folder, { recursive: true, force: true });
  const { cli, log } = await openCli(project);
  const folder = await createTemporaryFolder('lambda');
  const [task, probes] = [join(folder, 'task'), join(folder, 'probes')];
  await bundleTask(task);
  await bundleModules(
    globSync(PROBES).map((path) => ({ in: path, out: basename(path, '.ts') })),
    probes,
  );
  const runtime = await buildImage(cli, 'runtime', log);
  project.provide('lambda', { runtime, tools: await buildImage(cli, 'tools', log), task, probes });
  return () => rm(folder, { recursive: true, force: true });
}

/** The command, and what is left of runs that were killed removed. */
export async function openCli(project: TestProject) {
  const cli = await containerCli();
  await removeAbandoned(cli);
  return { cli, log: (message: string) => project.vitest.logger.log(message) };
}

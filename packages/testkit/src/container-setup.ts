import type { TestProject } from 'vitest/node';
import { buildImage } from './container/build-image.ts';
import { openCli } from './lambda-setup.ts';

/** Builds the image as it is deployed, for a whole run. */
export async function setup(project: TestProject): Promise<void> {
  const { cli, log } = await openCli(project);
  const image = await buildImage(cli, 'image', log);
  project.provide('lambda', { runtime: image, tools: image, probes: '' });
}

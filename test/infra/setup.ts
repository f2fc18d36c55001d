import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { providePlatform } from './harness/provide-platform.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that keeps what SST has made of a stage for the tests of one run. */
    graphs: string;
  }
}

/** What takes a minute on a machine that has never had it takes it here, not in the time of a test. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await providePlatform(fileURLToPath(new URL('../../', import.meta.url)));
  const folder = await mkdtemp(join(tmpdir(), 'datasens-graphs-'));
  project.provide('graphs', folder);
  return () => rm(folder, { recursive: true, force: true });
}

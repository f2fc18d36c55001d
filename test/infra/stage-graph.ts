import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { diffStack } from './harness/diff-stack.ts';
import type { Graph } from './harness/graph.ts';
import { STAGES, type StageName } from './stages.ts';

/** What SST makes of a stage, once for all tests of a run; of functions without their code, which bundles.test.ts is about. */
export async function graphOf(stage: StageName): Promise<Graph> {
  const kept = join(inject('graphs'), `${stage}.json`);
  const known = await readFile(kept, 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known);
  await using stack = await diffStack(stage, STAGES[stage], { bundles: false });
  await writeFile(kept, JSON.stringify(stack.resources));
  return stack.resources;
}

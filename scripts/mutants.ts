/**
 * Whether the tests notice faults: each patch of test/mutants breaks one promise of the product, in a scratch copy of
 * the working tree, and the test that it names must fail.
 *
 *     node scripts/mutants.ts [--only NAME]… [--no-baseline] [--json FILE]
 *
 * All named tests run unpatched first, unless somebody has just seen them pass. Exit 1 if one of them fails, or a fault
 * goes unnoticed.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type LendableServers, lendableServers } from '@datasens/testkit/lendable-servers.ts';
import { type Mutant, readMutants } from './mutants/mutant.ts';
import { copyTree } from './mutants/scratch-tree.ts';
import { shareOut } from './mutants/share-out.ts';
import { type TestRunner, testRunner } from './mutants/test-runner.ts';
import { survivalOf } from './mutants/verdict.ts';
import type { Choice } from './mutants/vitest-process.ts';

const run = promisify(execFile);
const source = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    baseline: { type: 'boolean', default: true },
    json: { type: 'string' },
  },
  allowNegative: true,
});
const all = await readMutants(resolve(source, 'test/mutants'));
const unknown = values.only?.filter((only) => !all.some(({ name }) => name === only)) ?? [];
if (unknown.length > 0) throw new Error(`expected names of patches in test/mutants, got ${unknown.join(', ')}`);
const mutants = all.filter(({ name }) => values.only?.includes(name) ?? true);

// Five at a time, for each waits much. Each in a tree of its own: a patched tree is good for one run; and on servers of
// its own, where it is the only one to blame for what it leaves.
interface Place {
  readonly root: string;
  readonly servers: LendableServers;
  readonly runner: TestRunner;
  /** What was patched in its tree last, and is no longer. */
  restored: readonly string[];
}
await using resources = new AsyncDisposableStack();
const places: Place[] = [];
for (let n = 0; n < Math.min(5, mutants.length); n += 1) {
  const { root } = resources.use(await copyTree(source));
  const servers = resources.use(lendableServers());
  places.push({ root, servers, runner: resources.use(testRunner(root)), restored: [] });
}

// Several files in one run, for the start of Vitest costs more than many a test; few enough for each place to get its share.
const FILES_OF_A_RUN = 5;
const broken = new Map<string, string>();
await shareOut(values.baseline ? baselines() : [], places, async ({ project, group }, place) => {
  const files = [...new Set(group.map(({ file }) => file))];
  const names = group.map(({ test }) => test);
  const resultOf = await runIn(place, project, { files, names, changed: [], untilFailure: false });
  for (const { name, file, test } of group) {
    const { passed, failed, trouble } = resultOf(file);
    const reason = trouble ?? failed.find((each) => each.name.includes(test))?.reason;
    const missing = passed.some((each) => each.includes(test)) ? undefined : 'no test has this name';
    if (reason ?? missing) broken.set(name, `without the fault: ${reason ?? missing}`);
  }
});

const survivors = new Map(broken);
await shareOut(mutants, places, async (mutant, place) => {
  const started = performance.now();
  const reason = broken.get(mutant.name) ?? (await survival(mutant, place));
  if (reason !== undefined) survivors.set(mutant.name, reason);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(5);
  console.log(
    `${reason === undefined ? 'noticed ' : 'SURVIVED'} ${seconds} s  ${mutant.name}: ${mutant.fault}${reason ? ` (${reason})` : ''}`,
  );
});

const failed = survivors.size;
const passed = mutants.length - failed;
const failures = [...survivors].map(([name, reason]) => `${name}: ${reason}`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ passed, failed, failures })}\n`);
console.log(`mutants: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function survival(mutant: Mutant, place: Place): Promise<string | undefined> {
  const { patch, changes, project, file, test } = mutant;
  const changed = [...place.restored, ...changes];
  try {
    await run('git', ['apply', patch], { cwd: place.root });
  } catch (error) {
    return `the patch does not apply: ${(error as { stderr?: string }).stderr?.split('\n', 1)[0]}`;
  }
  const resultOf = await runIn(place, project, { files: [file], names: [test], changed, untilFailure: true });
  await run('git', ['apply', '--reverse', patch], { cwd: place.root });
  place.restored = changes;
  return survivalOf(resultOf(file));
}

async function runIn({ servers, runner }: Place, project: string, choice: Choice) {
  return runner.run(project, choice, await servers.environmentFor(project));
}

/** The mutants by what one run can be the baseline of: some files of one project. */
function baselines(): { project: string; group: Mutant[] }[] {
  return [...Map.groupBy(mutants, ({ project }) => project)].flatMap(([project, ofProject]) => {
    const byFile = [...Map.groupBy(ofProject, ({ file }) => file).values()];
    return Array.from({ length: Math.ceil(byFile.length / FILES_OF_A_RUN) }, (_, n) => ({
      project,
      group: byFile.slice(n * FILES_OF_A_RUN, (n + 1) * FILES_OF_A_RUN).flat(),
    }));
  });
}

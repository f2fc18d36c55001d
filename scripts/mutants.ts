/**
 * Whether the tests notice faults: each patch of test/mutants breaks one promise of the product, in a scratch copy of
 * the working tree, and the test that it names must fail.
 *
 *     node scripts/mutants.ts [--only NAME] [--json FILE]
 *
 * All named tests run unpatched first. Exit 1 if one of them fails, or a fault goes unnoticed.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Mutant, readMutants } from './mutants/mutant.ts';
import { runTests } from './mutants/run-tests.ts';
import { copyTree } from './mutants/scratch-tree.ts';
import { survivalOf } from './mutants/verdict.ts';

const run = promisify(execFile);
const source = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const mutants = (await readMutants(resolve(source, 'test/mutants'))).filter(
  ({ name }) => name === (values.only ?? name),
);
if (mutants.length === 0) throw new Error(`expected the name of a patch in test/mutants, got ${values.only}`);

// Three at a time, for each waits for its servers; each in a tree of its own: a patched tree is good for one run.
await using first = await copyTree(source);
await using second = await copyTree(source);
await using third = await copyTree(source);
const trees = [first.root, second.root, third.root];

const files = [...Map.groupBy(mutants, ({ file, project = '' }) => `${file} ${project}`).values()];
const broken = new Map<string, string>();
await shareOut(files, async (group, root) => {
  const [first] = group;
  if (!first) return;
  const baseline = await runTests(root, { ...first, names: group.map(({ test }) => test) });
  for (const { name, test } of group) {
    const reason = baseline.trouble ?? baseline.failed.find((failed) => failed.name.includes(test))?.reason;
    const missing = baseline.passed.some((passed) => passed.includes(test)) ? undefined : 'no test has this name';
    const trouble = reason ?? missing;
    if (trouble !== undefined) broken.set(name, `without the fault: ${trouble}`);
  }
});

const survivors = new Map(broken);
await shareOut(mutants, async (mutant, root) => {
  const reason = broken.get(mutant.name) ?? (await survival(mutant, root));
  if (reason !== undefined) survivors.set(mutant.name, reason);
  console.log(
    `${reason === undefined ? 'noticed ' : 'SURVIVED'}  ${mutant.name}: ${mutant.fault}${reason ? ` (${reason})` : ''}`,
  );
});

const failed = survivors.size;
const passed = mutants.length - failed;
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ passed, failed })}\n`);
console.log(`mutants: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function survival(mutant: Mutant, root: string): Promise<string | undefined> {
  try {
    await run('git', ['apply', mutant.patch], { cwd: root });
  } catch (error) {
    return `the patch does not apply: ${(error as { stderr?: string }).stderr?.split('\n', 1)[0]}`;
  }
  const reason = survivalOf(await runTests(root, { ...mutant, names: [mutant.test], untilFailure: true }));
  await run('git', ['apply', '--reverse', mutant.patch], { cwd: root });
  return reason;
}

/** Does `work` on every item, on each tree one at a time. */
async function shareOut<T>(items: readonly T[], work: (item: T, root: string) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    trees.map(async (root) => {
      for (const item of queue) await work(item, root);
    }),
  );
}

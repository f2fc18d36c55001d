/**
 * A Vitest that runs one choice of tests after another, for as long as it is asked: its start, and what it makes of
 * the sources, cost more than most tests. Arguments: a project, and the most milliseconds that a test may take, if not
 * what the project says. Takes a `Choice` from its parent, and gives it a `ChoiceResult`.
 */
import { relative, resolve } from 'node:path';
import { createVitest, type TestCase, type TestModule } from 'vitest/node';

/** The tests of some files whose full names hold one of `names`. */
export interface Choice {
  /** By their paths from the working directory, as all paths here. */
  readonly files: readonly string[];
  readonly names: readonly string[];
  /** What is no longer as it was in the choice before. */
  readonly changed: readonly string[];
  /** Whether one failure is enough: the rest may then not run. */
  readonly untilFailure: boolean;
}

/** What became of each file that there is. */
export type ChoiceResult = readonly (readonly [file: string, FileResult])[];

export interface FileResult {
  /** Names of the tests that ran and held. */
  readonly passed: readonly string[];
  /** Tests that ran and failed, with the first line of each reason. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  /** Why no test may have run: the file did not load, or the runner did not end. */
  readonly trouble?: string | undefined;
}

const [, , project = '', longestTest] = process.argv;
let untilFailure = false;
let cancelled: Promise<void> | undefined;
const vitest = await createVitest({
  project: [project],
  watch: false,
  ...(longestTest ? { testTimeout: Number(longestTest) } : {}),
  reporters: [
    {
      onTestCaseResult(test) {
        // It waits for the worker, which waits for this to be told.
        if (untilFailure && test.result().state === 'failed') cancelled ??= vitest.cancelCurrentRun('test-failure');
      },
    },
  ],
});

process.on('message', async (choice: Choice) => {
  for (const path of choice.changed) vitest.invalidateFile(resolve(path));
  vitest.setGlobalTestNamePattern(choice.names.map((name) => RegExp.escape(name)).join('|'));
  untilFailure = choice.untilFailure;
  const specifications = await vitest.globTestSpecifications([...choice.files]);
  const chosen = new Set(specifications.map(({ moduleId }) => moduleId));
  const { testModules } = await vitest.runTestSpecifications(specifications);
  await cancelled;
  cancelled = undefined;
  // It keeps those of earlier runs.
  const ran = testModules.filter(({ moduleId }) => chosen.has(moduleId));
  const result: ChoiceResult = ran.map((each) => [relative(process.cwd(), each.moduleId), resultOf(each)]);
  process.send?.(result);
});
process.on('disconnect', async () => {
  await vitest.close();
  process.exit();
});

function resultOf(module: TestModule): FileResult {
  const tests = [...module.children.allTests()];
  return {
    passed: tests.filter((test) => test.result().state === 'passed').map(nameOf),
    failed: tests
      .filter((test) => test.result().state === 'failed')
      .map((test) => ({ name: nameOf(test), reason: firstLine(test.result().errors?.[0]) })),
    trouble: tests.length > 0 ? undefined : `the file did not load: ${firstLine(module.errors()[0])}`,
  };
}

/** As patterns see it: with the names of its groups before it. */
function nameOf({ name, parent }: TestCase): string {
  const names = [name];
  for (let each = parent; each.type === 'suite'; each = each.parent) names.unshift(each.name);
  return names.join(' ');
}

function firstLine(error: { readonly message: string; readonly stack?: string } | undefined): string {
  return (error?.stack ?? error?.message)?.split('\n', 1)[0] ?? 'no message';
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const DEADLINE_MS = 600_000;

export interface TestRun {
  /** Names of the tests that ran and held. */
  readonly passed: readonly string[];
  /** Tests that ran and failed, with the first line of each reason. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  /** Why no test may have run: the file did not load, or the runner did not end. */
  readonly trouble: string | undefined;
}

/** Where a file's tests run unless somebody says otherwise: on one store, however many there are. */
const USUAL_PROJECTS = ['unit', 'integration', 's3'];

/** The tests of one file whose full names hold one of `names`. */
export interface TestChoice {
  readonly file: string;
  readonly project: string | undefined;
  readonly names: readonly string[];
  /** Whether one failure is enough: the rest may then not run. */
  readonly untilFailure?: boolean;
}

/** Runs tests by Vitest in the tree at `root`. */
export async function runTests(root: string, { file, project, names, untilFailure }: TestChoice): Promise<TestRun> {
  const report = join(root, '.mutant-report.json');
  await rm(report, { force: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const pattern = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  const projects = (project === undefined ? USUAL_PROJECTS : [project]).map((each) => `--project=${each}`);
  const output = ['--reporter=json', `--outputFile=${report}`];
  const args = [vitest, 'run', file, ...projects, '-t', pattern, ...(untilFailure ? ['--bail=1'] : []), ...output];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore', detached: true });
  // A fault may leave a process that never ends: what Vitest started goes with it.
  const endAll = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
  const deadline = setTimeout(endAll, DEADLINE_MS);
  const [status, signal] = await once(child, 'exit');
  clearTimeout(deadline);
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined)
    return { passed: [], failed: [], trouble: `vitest ended by ${signal ?? status} without a report` };
  return readReport(JSON.parse(text));
}

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

function readReport({ testResults }: Report): TestRun {
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: results.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
    failed: results
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, reason: firstLine(failureMessages?.[0]) })),
    trouble: broken && `the file did not load: ${firstLine(broken.message)}`,
  };
}

function firstLine(text: string | undefined): string {
  return text?.split('\n', 1)[0] ?? 'no message';
}

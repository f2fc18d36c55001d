import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';

const DEADLINE_OF_A_FILE_MS = 600_000;
/** Some faults make a test wait for ever; no test that is given no time of its own needs so long. */
const LONGEST_TEST_MS = 60_000;
/** Nor does anything that `eventually` waits for. */
const PATIENCE_MS = 20_000;

export interface FileResult {
  /** Names of the tests that ran and held. */
  readonly passed: readonly string[];
  /** Tests that ran and failed, with the first line of each reason. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  /** Why no test may have run: the file did not load, or the runner did not end. */
  readonly trouble?: string | undefined;
}

/** The tests of some files of one project whose full names hold one of `names`. */
export interface TestChoice {
  readonly project: string;
  readonly files: readonly string[];
  readonly names: readonly string[];
  /** Whether one failure is enough: the rest may then not run. */
  readonly untilFailure?: boolean;
}

/** Runs tests by Vitest in the tree at `root`, and tells what became of each file, by its path in the tree. */
export async function runTests(
  root: string,
  { project, files, names, untilFailure }: TestChoice,
  env: Readonly<Record<string, string>>,
): Promise<(file: string) => FileResult> {
  const report = join(root, '.mutant-report.json');
  await rm(report, { force: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const pattern = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  const output = ['--reporter=json', `--outputFile=${report}`];
  const bail = untilFailure ? ['--bail=1', `--testTimeout=${LONGEST_TEST_MS}`] : [];
  const args = [vitest, 'run', ...files, `--project=${project}`, '-t', pattern, ...bail, ...output];
  const patience = untilFailure ? { DATASENS_TEST_PATIENCE_MS: String(PATIENCE_MS) } : {};
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...patience, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const deadline = setTimeout(() => endGroup(child.pid), DEADLINE_OF_A_FILE_MS * files.length);
  const [status, signal] = await once(child, 'exit');
  clearTimeout(deadline);
  // A fault may leave a process that never ends: all that the run has started goes with it.
  endGroup(child.pid);
  await endStartedFrom(root);
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined)
    return () => ({ passed: [], failed: [], trouble: `vitest ended by ${signal ?? status} without a report` });
  const { testResults }: Report = JSON.parse(text);
  const results = new Map(testResults.map((result) => [relative(root, result.name), readResult(result)]));
  return (file) => results.get(file) ?? { passed: [], failed: [] };
}

/** Ends a process and whatever of its group goes on. */
function endGroup(pid: number | undefined): void {
  if (pid !== undefined) endProcess(-pid);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends the processes whose programs or caches are of a tree, in whichever group; where there is no /proc, none. */
async function endStartedFrom(root: string): Promise<void> {
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const known = ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => ''));
    if ((await Promise.all(known)).join().includes(root)) endProcess(Number(pid));
  }
}

interface Report {
  readonly testResults: readonly Result[];
}

interface Result {
  /** The file's absolute path. */
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}

function readResult({ status, message, assertionResults }: Result): FileResult {
  const hasLoaded = status !== 'failed' || assertionResults.length > 0;
  return {
    passed: assertionResults.filter((test) => test.status === 'passed').map(({ fullName }) => fullName),
    failed: assertionResults
      .filter((test) => test.status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, reason: firstLine(failureMessages?.[0]) })),
    trouble: hasLoaded ? undefined : `the file did not load: ${firstLine(message)}`,
  };
}

function firstLine(text: string | undefined): string {
  return text?.split('\n', 1)[0] ?? 'no message';
}

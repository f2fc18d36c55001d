import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Choice, ChoiceResult, FileResult } from './vitest-process.ts';

const DEADLINE_OF_A_FILE_MS = 600_000;
/** Some faults make a test wait for ever; no test that is given no time of its own needs so long. */
const LONGEST_TEST_MS = 60_000;
/** Nor does anything that `eventually` waits for. */
const PATIENCE_MS = 20_000;

/** Runs tests in the tree at `root`. Disposing of it ends what it has started. */
export interface TestRunner extends AsyncDisposable {
  /** Tells what became of each file, by its path in the tree. */
  run(project: string, choice: Choice, env: Readonly<Record<string, string>>): Promise<(file: string) => FileResult>;
}

/** Whether the set-up of a project makes something of the sources, which must then be made anew of each patched tree. */
const isSetUpFromSources = (project: string) => ['infra', 'lambda', 'container'].includes(project);

export function testRunner(root: string): TestRunner {
  let vitest: { readonly child: ChildProcess; readonly purpose: string; readonly project: string } | undefined;
  const end = async () => {
    const ending = vitest;
    vitest = undefined;
    if (ending?.child.connected) {
      const { child, project } = ending;
      const gone = once(child, 'exit');
      const deadline = setTimeout(() => endGroup(child.pid), DEADLINE_OF_A_FILE_MS);
      // Only what was set up is taken down: it would wait a minute for each worker that was ended here.
      if (isSetUpFromSources(project)) child.disconnect();
      else endGroup(child.pid);
      await gone;
      clearTimeout(deadline);
    }
    await endStartedFrom(root);
  };
  const start = async (project: string, untilFailure: boolean, env: Readonly<Record<string, string>>) => {
    const purpose = JSON.stringify([project, untilFailure, env]);
    if (vitest?.purpose === purpose && vitest.child.connected) return vitest.child;
    await end();
    const patience = { DATASENS_TEST_PATIENCE_MS: String(PATIENCE_MS) };
    const child = fork(
      join(root, 'scripts/mutants/vitest-process.ts'),
      [project, ...(untilFailure ? [String(LONGEST_TEST_MS)] : [])],
      {
        cwd: root,
        env: { ...process.env, ...(untilFailure ? patience : {}), ...env },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        detached: true,
      },
    );
    vitest = { child, purpose, project };
    return child;
  };
  return {
    async run(project, choice, env) {
      const child = await start(project, choice.untilFailure, env);
      child.send(choice);
      const deadline = setTimeout(() => endGroup(child.pid), DEADLINE_OF_A_FILE_MS * choice.files.length);
      const result = await resultOf(child);
      clearTimeout(deadline);
      // A fault may leave a process that never ends: all that the run has started goes with it.
      if (isSetUpFromSources(project) || typeof result === 'string') await end();
      else await endStartedFrom(root, child.pid);
      if (typeof result === 'string') return () => ({ passed: [], failed: [], trouble: result });
      const results = new Map(result);
      return (file) => results.get(file) ?? { passed: [], failed: [] };
    },
    [Symbol.asyncDispose]: end,
  };
}

/** What it says of the tests, or how it ended without a word. */
async function resultOf(child: ChildProcess): Promise<ChoiceResult | string> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([result]) => result as ChoiceResult),
      once(child, 'exit', { signal }).then(([code, killed]) => `vitest ended by ${killed ?? code} without a report`),
    ]);
  } finally {
    stop.abort();
  }
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

/** Ends the processes whose programs or caches are of a tree, but for Vitest's own; where there is no /proc, none. */
async function endStartedFrom(root: string, vitest?: number): Promise<void> {
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid) || Number(pid) === vitest) continue;
    const cmdline = ofProcess(pid, 'cmdline');
    if (vitest !== undefined && cmdline.startsWith('vitest-watchdog')) continue;
    if (cmdline.includes(root) || ofProcess(pid, 'environ').includes(root)) endProcess(Number(pid));
  }
}

/** What the kernel knows of a process, or nothing where that has ended. Nobody waits for a disk there. */
function ofProcess(pid: string, name: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

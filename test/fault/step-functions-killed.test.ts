import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isRunning } from '@datasens/local/embedded/processes.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import type { StepFunctionsChildInput } from './step-functions.child.ts';
import { callsIn, callsOver, crashWorld, EXPECTED, EXPECTED_CALLS } from './step-functions-crash.ts';

const child = fileURLToPath(new URL('./step-functions.child.ts', import.meta.url));
const evaluator = import.meta.resolve('@datasens/local/step-functions/evaluation/evaluator.ts');
const run = promisify(execFile);
const AT_ONCE = 4;

/** The number of steps, or nothing for one that was killed. */
async function runInChild(input: StepFunctionsChildInput): Promise<number | undefined> {
  try {
    const { stdout } = await run(process.execPath, [child, JSON.stringify(input)]);
    return Number(stdout);
  } catch (error) {
    const { signal, stderr } = error as { signal?: string; stderr?: string };
    if (signal === 'SIGKILL') return undefined;
    throw new Error(stderr, { cause: error });
  }
}

/** Kills it at the step, runs it to its end in this process, and looks at what it has come to. */
async function expectToConverge(step: number, when: 'before' | 'after'): Promise<void> {
  await using folder = await temporaryFolder();
  expect(await runInChild({ folder: folder.path, step, when })).toBeUndefined();
  const before = callsIn(folder.path).length;
  // None, or the one that was under way.
  const again = before - callsOver(folder.path);
  await using world = await crashWorld(folder.path);
  const ended = await world.finish();
  expect(JSON.parse(ended.output ?? 'null')).toEqual(EXPECTED);
  const events = world.history(ended);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  const calls = callsIn(folder.path);
  // Whoever is asked again is asked by the same token.
  expect(new Set(calls.filter((call) => call.startsWith('ask'))).size).toBe(1);
  const names = calls.map((call) => call.replace(/^ask .*/, 'ask'));
  expect(names.toSpliced(before, again)).toEqual(EXPECTED_CALLS);
}

test.for(['before', 'after'] as const)(
  'killed %s any step, it goes on where it stood: nothing that was finished is done again',
  async (when) => {
    await using folder = await temporaryFolder();
    const steps = (await runInChild({ folder: folder.path, step: 0, when })) ?? 0;
    // Enough for entering, calling, retrying, waiting and answering.
    expect(steps).toBeGreaterThan(15);
    const left = Array.from({ length: steps }, (_, index) => index + 1);
    const killer = async () => {
      for (let step = left.shift(); step !== undefined; step = left.shift()) await expectToConverge(step, when);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, killer));
  },
);

test('an expression that never ends does not outlive the host that was killed', async () => {
  const program = `
    import { openEvaluator } from ${JSON.stringify(evaluator)};
    const never = "{% $match('${'a'.repeat(40)}!', /^(a+)+$/) %}";
    await openEvaluator({ limitMs: 3600000 }).evaluate([{ name: 'Output', value: never }], {});`;
  const host = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
  const children = async () => {
    const { stdout } = await run('ps', ['-o', 'pid=,time=', '--ppid', String(host.pid)]).catch(() => ({ stdout: '' }));
    return stdout.trim().split(/\s+/);
  };
  // It is at work when it has used a second of the processor.
  await until(async () => /[1-9]$/.test((await children())[1] ?? ''));
  const [pid = ''] = await children();
  host.kill('SIGKILL');
  await once(host, 'exit');
  await until(async () => !(await isRunning(Number(pid))));
});

import { inTime, until } from '@datasens/testkit/eventually.ts';
import { allGone, openGate } from '@datasens/testkit/functions-world.ts';
import { startFunctionsHost } from '@datasens/testkit/start-functions-host.ts';
import { callState } from '@datasens/testkit/step-functions-world.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { isRunning } from '../embedded/processes.ts';
import type { JsonObject } from '../step-functions/json.ts';

/** A task that runs the image with a command, and these in its environment. */
function taskState(Command: readonly string[], environment: Readonly<Record<string, string>>): JsonObject {
  const all = { TASK_TOKEN: '{% $states.context.Task.Token %}', ...environment };
  const Environment = Object.entries(all).map(([Name, Value]) => ({ Name, Value }));
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::ecs:runTask.waitForTaskToken',
    Arguments: {
      TaskDefinition: 'image',
      LaunchType: 'FARGATE',
      Overrides: { ContainerOverrides: [{ Name: 'main', Command: [...Command], Environment }] },
    },
    // A task that cannot answer is not waited for until the test is over.
    TimeoutSeconds: 20,
  };
}

test('a state calls a function, and fails by what that throws', async () => {
  await using home = await temporaryFolder();
  await using host = await startFunctionsHost(home.path);
  const described = await host.ended(await host.start(callState('describe'), { id: 7 }));
  expect(JSON.parse(described.output ?? '')).toMatchObject({ Payload: { event: { id: 7 } } });
  const Arguments = { FunctionName: 'throw', Payload: 'error' };
  const thrown = await host.ended(await host.start(callState('throw', { Arguments })));
  expect(thrown).toMatchObject({ status: 'FAILED', error: 'NotAllowed' });
  expect(JSON.parse(thrown.cause ?? '')).toMatchObject({
    errorType: 'NotAllowed',
    errorMessage: 'it is not allowed',
    trace: expect.arrayContaining([expect.stringContaining('throw.ts')]),
  });
});

test('a function that hangs is retried by the name of its timeout, in another process', async () => {
  await using home = await temporaryFolder();
  await using gate = await openGate();
  await using host = await startFunctionsHost(home.path, { timeoutMs: 2_000 });
  const Retry = [{ ErrorEquals: ['Sandbox.Timedout'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 20 }];
  const started = await host.start(callState('gate', { Retry }), { folder: gate.folder, call: 'one' });
  const [hanging = 0] = await gate.pids('one');
  await allGone([hanging]);
  await gate.open();
  const ended = await host.ended(started);
  const { Payload } = JSON.parse(ended.output ?? '');
  expect(Payload.pid).not.toBe(hanging);
  const failed = (await host.events(started)).find(({ type }) => type === 'TaskFailed');
  expect(failed?.taskFailedEventDetails?.error).toBe('Sandbox.Timedout');
  expect(JSON.parse(failed?.taskFailedEventDetails?.cause ?? '')).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 2.00 seconds$/),
  });
});

test('a task goes on when its host is killed, and answers to the next one; a function does not', async () => {
  await using home = await temporaryFolder();
  await using gate = await openGate();
  const event = { folder: gate.folder, call: 'task', withChild: false };
  const first = await startFunctionsHost(home.path);
  const task = await first.start(taskState(['gate'], { INPUT: JSON.stringify(event) }));
  const call = await first.start(callState('gate'), { ...event, call: 'function' });
  const [taskPid = 0] = await gate.pids('task');
  const [functionPid = 0] = await gate.pids('function');
  const submitted = async () => (await first.events(task)).some(({ type }) => type === 'TaskSubmitted');
  await until(submitted);
  await first[Symbol.asyncDispose]();
  await allGone([functionPid]);
  expect(await isRunning(taskPid)).toBe(true);

  await gate.open();
  await using second = await startFunctionsHost(home.path, { port: first.port });
  const answered = await second.ended(task);
  expect(JSON.parse(answered.output ?? '')).toEqual({ pid: taskPid, call: 'task' });
  // It was cut off, and is called again.
  const again = await second.ended(call);
  expect(JSON.parse(again.output ?? '')).toMatchObject({ Payload: { call: 'function' } });
  expect(first.printed).toHaveLength(1);
});

test('what a task writes is none of what the host prints', async () => {
  await using home = await temporaryFolder();
  await using gate = await openGate();
  await gate.open();
  await using host = await startFunctionsHost(home.path);
  const INPUT = JSON.stringify({ folder: gate.folder, call: 'task' });
  const ended = await inTime(host.ended(await host.start(taskState(['gate'], { INPUT }))));
  expect(ended).toMatchObject({ status: 'SUCCEEDED' });
  expect(host.printed).toEqual([`http://127.0.0.1:${host.port}`]);
});

test('overrides that are too large for ECS are refused here as well', async () => {
  await using home = await temporaryFolder();
  await using host = await startFunctionsHost(home.path);
  const ended = await host.ended(await host.start(taskState(['gate'], { INPUT: 'x'.repeat(8_100) })));
  expect(ended).toMatchObject({
    status: 'FAILED',
    error: 'ECS.InvalidParameterException',
    cause: 'Container Overrides length must be at most 8192',
  });
});

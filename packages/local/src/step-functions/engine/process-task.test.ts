import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { apiWorld } from '@datasens/testkit/api-world.ts';
import { machine } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import { startTask } from './process-task.ts';

/** Answers by the token that it is given, as the program of an image does. */
const PROGRAM = `
  const body = { taskToken: process.env.TASK_TOKEN, output: JSON.stringify(process.argv.slice(1)) };
  await fetch(process.env.ENDPOINT, {
    method: 'POST',
    headers: { 'x-amz-target': 'AWSStepFunctions.SendTaskSuccess' },
    body: JSON.stringify(body),
  });`;

const run = {
  Type: 'Task',
  Resource: 'arn:aws:states:::ecs:runTask.waitForTaskToken',
  Arguments: {
    TaskDefinition: 'image',
    LaunchType: 'FARGATE',
    Overrides: {
      ContainerOverrides: [
        {
          Name: 'main',
          Command: ['stage', '{% $string($states.input.id) %}'],
          Environment: [{ Name: 'TASK_TOKEN', Value: '{% $states.context.Task.Token %}' }],
        },
      ],
    },
  },
  End: true,
};

async function runTask(command: readonly [string, ...string[]]) {
  await using world = await apiWorld({
    invoke: async (call) => {
      if (call.resource !== 'ecs:runTask') throw new Error(`expected a task, got ${call.resource}`);
      await startTask({ command, environment: { ENDPOINT: world.url } }, call);
    },
  });
  const stateMachineArn = await world.create('task', JSON.stringify(machine({ Run: run })));
  const input = '{"id": 7}';
  const { executionArn } = await world.client.send(new StartExecutionCommand({ stateMachineArn, input }));
  return await world.ended(executionArn);
}

test('a task is a process, with the command and the environment of its overrides, that answers by its token', async () => {
  const ended = await runTask([process.execPath, '--input-type=module', '-e', PROGRAM]);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: '["stage","7"]' });
});

test('a program that cannot be started is an error of the task', async () => {
  const ended = await runTask(['/nowhere/program']);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'ECS.ServerException' });
  expect(ended.cause).toContain('/nowhere/program');
});

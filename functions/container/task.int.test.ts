import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { putPayload } from '@datasens/core/workflow/payload.ts';
import { workflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const entry = fileURLToPath(new URL('./task.ts', import.meta.url));

/** A task whose state waits for a token; gives what the state comes to. */
const waiting = {
  QueryLanguage: 'JSONata',
  StartAt: 'Task',
  States: {
    Task: {
      Type: 'Task',
      Resource: 'arn:aws:states:::ecs:runTask.waitForTaskToken',
      Arguments: {
        TaskDefinition: 'local',
        Overrides: {
          ContainerOverrides: [
            {
              Command: ['{% $states.input.step %}'],
              Environment: [
                { Name: 'TASK_TOKEN', Value: '{% $states.context.Task.Token %}' },
                { Name: 'TASK_INPUT', Value: '{% $string($states.input.given) %}' },
              ],
            },
          ],
        },
      },
      End: true,
    },
  },
};

test('a task reports what its step comes to, or by which name it fails, and knows no other steps', async () => {
  await using world = await workflowWorld();
  world.api.world.create('waiting', waiting);
  await world.dumps.source.sql('create table t as select 1 as n');
  const planned = await world.run('dump', { user: 'claire' });
  expect(planned).toMatchObject({ status: 'SUCCEEDED' });

  const left = await putPayload(world.dumps.deps, { no: 'plan' });
  expect(await world.run('waiting', { step: 'stage', given: { plan: left } }, 'wrong')).toMatchObject({
    status: 'FAILED',
    error: 'CorruptDump',
    cause: expect.stringContaining('"errorMessage":"work/'),
  });
  for (const [index, step] of ['commit', 'toString', '../stage'].entries()) {
    expect(await world.run('waiting', { step, given: {} }, `unknown-${index}`)).toMatchObject({
      status: 'FAILED',
      error: 'Error',
      cause: expect.stringContaining('expected one of stage'),
    });
  }
});

test('a task for whose token nobody waits any more fails, and says so', async () => {
  await using world = await workflowWorld();
  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL_SFN: world.api.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    TASK_TOKEN: 'forged',
    TASK_INPUT: '{}',
  };
  await expect(run(process.execPath, [entry, 'stage'], { env: environment })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('InvalidToken'),
  });
});

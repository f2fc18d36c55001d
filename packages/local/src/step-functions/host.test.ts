import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { sfnClient } from '@datasens/testkit/sfn-client.ts';
import { machine } from '@datasens/testkit/step-functions-world.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { listen } from './api/listen.ts';
import { hostStepFunctions } from './host.ts';

test.for([
  { retentionDays: 0, says: 'goes when the host is started again', kept: false },
  { retentionDays: 1, says: 'stays', kept: true },
])('with $retentionDays days of retention, what has just ended $says', async ({ retentionDays, kept }) => {
  await using home = await temporaryFolder();
  const invoke = () => Promise.resolve();
  const start = async () => {
    const listener = await listen(0);
    const host = await hostStepFunctions({ home: home.path, listener, invoke, log: () => undefined, retentionDays });
    const client = sfnClient(listener.url);
    const describe = (executionArn: string | undefined) => client.send(new DescribeExecutionCommand({ executionArn }));
    return { client, describe, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
  };
  let executionArn: string | undefined;
  {
    await using first = await start();
    const definition = JSON.stringify(machine({ Done: { Type: 'Succeed' } }));
    const roleArn = 'arn:aws:iam::000000000000:role/test';
    const { stateMachineArn } = await first.client.send(
      new CreateStateMachineCommand({ name: 'one', definition, roleArn }),
    );
    ({ executionArn } = await first.client.send(new StartExecutionCommand({ stateMachineArn })));
    await expect.poll(async () => (await first.describe(executionArn)).status).toBe('SUCCEEDED');
  }
  await using second = await start();
  if (kept) expect(await second.describe(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  else await expect(second.describe(executionArn)).rejects.toThrow(ExecutionDoesNotExist);
});

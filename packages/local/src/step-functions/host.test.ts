import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { machine } from '@datasens/testkit/step-functions-world.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { hostStepFunctions } from './host.ts';

test.for([
  { retentionDays: 0, says: 'goes when the host is started again', kept: false },
  { retentionDays: 1, says: 'stays', kept: true },
])('with $retentionDays days of retention, what has just ended $says', async ({ retentionDays, kept }) => {
  await using home = await temporaryFolder();
  const invoke = () => Promise.resolve();
  const start = async () => {
    const host = await hostStepFunctions({ home: home.path, port: 0, invoke, log: () => undefined, retentionDays });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new SFNClient({ endpoint: host.url, region: 'us-east-1', credentials });
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

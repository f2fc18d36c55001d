import {
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  ExecutionNotRedrivable,
  RedriveExecutionCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { apiWorld } from '@datasens/testkit/api-world.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { callState, machine, stepFunctionsWorld } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';

const DAY_MS = 86_400_000;
const fails = JSON.stringify(machine({ Stop: { Type: 'Fail', Error: 'Own' } }));
const waits = (seconds: number) =>
  JSON.stringify(machine({ Wait: { Type: 'Wait', Seconds: seconds, Next: 'Stop' }, Stop: { Type: 'Fail' } }));

test('what has failed is redriven', async () => {
  let broken = true;
  const functions = {
    work() {
      if (broken) throw Object.assign(new Error(), { name: 'Broken' });
    },
  };
  await using world = await apiWorld({ functions });
  const { client } = world;
  const stateMachineArn = await world.create(
    'breaks',
    JSON.stringify(machine({ Work: callState('work', { End: true }) })),
  );
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
  await world.ended(executionArn);
  broken = false;
  const redrive = new RedriveExecutionCommand({ executionArn, clientToken: 'one' });
  const { redriveDate } = await client.send(redrive);
  expect(await client.send(redrive)).toMatchObject({ redriveDate });
  expect(await world.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
  const again = client.send(new RedriveExecutionCommand({ executionArn }));
  await expect(again).rejects.toThrow(ExecutionNotRedrivable);
});

test('it can be redriven for 14 days after its end, which are counted anew after each', async () => {
  const clock = manualClock();
  await using world = await apiWorld({ clock });
  const { client } = world;
  const stateMachineArn = await world.create('fails', fails);
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
  expect(await world.ended(executionArn)).toMatchObject({ status: 'FAILED', redriveStatus: 'REDRIVABLE' });
  clock.pass(14 * DAY_MS);
  await client.send(new RedriveExecutionCommand({ executionArn }));
  await world.ended(executionArn);
  clock.pass(14 * DAY_MS);
  expect(await world.ended(executionArn)).toMatchObject({ redriveStatus: 'REDRIVABLE', redriveCount: 1 });
  clock.pass(1);
  const redriveStatusReason = 'Execution redrivable period exceeded';
  expect(await world.ended(executionArn)).toMatchObject({ redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason });
  const late = client.send(new RedriveExecutionCommand({ executionArn }));
  await expect(late).rejects.toThrow(ExecutionNotRedrivable);
  await expect(late).rejects.toThrow(redriveStatusReason);
});

test('why an execution cannot be redriven is said in AWS\u2019s words', async () => {
  const clock = manualClock();
  await using world = await apiWorld({ clock });
  const { client } = world;
  const start = async (name: string, definition: string) => {
    const stateMachineArn = await world.create(name, definition);
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
    return { stateMachineArn, executionArn };
  };
  const reason = async (executionArn: string | undefined) => {
    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    const refused = client.send(new RedriveExecutionCommand({ executionArn }));
    await expect(refused).rejects.toThrow(described.redriveStatusReason);
    return described.redriveStatusReason;
  };
  const done = await start('done', JSON.stringify(machine({ Done: { Type: 'Succeed' } })));
  await world.ended(done.executionArn);
  expect(await reason(done.executionArn)).toBe('Execution is SUCCEEDED and cannot be redriven');
  const slow = await start('slow', waits(360 * 86_400));
  expect(await reason(slow.executionArn)).toBe('Execution is RUNNING and cannot be redriven');
  await eventually(() => expect(clock.waits()).toEqual([360 * DAY_MS]));
  clock.pass(360 * DAY_MS);
  await world.ended(slow.executionArn);
  clock.pass(6 * DAY_MS);
  expect(await reason(slow.executionArn)).toBe('Execution has exceeded the max execution time');

  const deleted = await start('deleted', fails);
  await world.ended(deleted.executionArn);
  await client.send(new DeleteStateMachineCommand({ stateMachineArn: deleted.stateMachineArn }));
  expect(await reason(deleted.executionArn)).toBe('State machine is in DELETING status');
});

test('without room for two more events it cannot be redriven', async () => {
  await using world = await stepFunctionsWorld();
  const failed = await world.run(JSON.parse(fails));
  // As if it had gone round many times.
  const have = (events: number) => world.journal.run('update execution set events = ?', events);
  have(24_999);
  expect(() => world.engine.redrive(failed.arn)).toThrow('Execution history event limit exceeded');
  have(24_998);
  expect(world.engine.redrive(failed.arn)).toMatchObject({ status: 'RUNNING' });
});

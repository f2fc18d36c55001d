import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  InvalidDefinition,
  InvalidToken,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StateMachineAlreadyExists,
  StateMachineDeleting,
  StateMachineDoesNotExist,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { apiWorld } from '@datasens/testkit/api-world.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { askState, callState, functionState, innerStates, machine } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';

const roleArn = 'arn:aws:iam::000000000000:role/test';
const done = JSON.stringify(machine({ Done: { Type: 'Succeed' } }));
const waiting = JSON.stringify(machine({ Wait: { Type: 'Wait', Seconds: 1_000, End: true } }));

test('a state machine is created once, described, changed, listed and deleted', async () => {
  await using world = await apiWorld();
  const { client } = world;
  const create = (definition: string) =>
    client.send(new CreateStateMachineCommand({ name: 'one', definition, roleArn }));
  const { stateMachineArn, creationDate } = await create(done);
  expect(await create(done)).toMatchObject({ stateMachineArn, creationDate });
  await expect(create(waiting)).rejects.toThrow(StateMachineAlreadyExists);

  const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(described).toMatchObject({
    name: 'one',
    definition: done,
    roleArn,
    status: 'ACTIVE',
    type: 'STANDARD',
    creationDate,
  });
  const updated = await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition: waiting }));
  expect(updated.revisionId).not.toBe(described.revisionId);
  expect(await client.send(new DescribeStateMachineCommand({ stateMachineArn }))).toMatchObject({
    definition: waiting,
  });

  await client.send(new CreateStateMachineCommand({ name: 'two', definition: done, roleArn }));
  const first = await client.send(new ListStateMachinesCommand({ maxResults: 1 }));
  expect(first.stateMachines?.map(({ name }) => name)).toEqual(['one']);
  const second = await client.send(new ListStateMachinesCommand({ maxResults: 1, nextToken: first.nextToken }));
  expect(second.stateMachines?.map(({ name }) => name)).toEqual(['two']);
  expect(second.nextToken).toBeUndefined();

  await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
  await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
  await expect(client.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toThrow(
    StateMachineDoesNotExist,
  );
});

test('a machine whose executions run is deleted when the last one ends, and begins none meanwhile', async () => {
  await using world = await apiWorld();
  const { client } = world;
  const stateMachineArn = await world.create('waits', waiting);
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
  await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
  expect(await client.send(new DescribeStateMachineCommand({ stateMachineArn }))).toMatchObject({ status: 'DELETING' });
  await expect(client.send(new StartExecutionCommand({ stateMachineArn }))).rejects.toThrow(StateMachineDeleting);
  await client.send(new StopExecutionCommand({ executionArn }));
  await expect(client.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toThrow(
    StateMachineDoesNotExist,
  );
});

test('an execution that runs has the definition with which it began', async () => {
  await using world = await apiWorld({ functions: { ask: () => undefined } });
  const { client } = world;
  const before = machine({ Ask: askState('ask', { Next: 'Old' }), Old: { Type: 'Pass', Output: 'old', End: true } });
  const stateMachineArn = await world.create('changes', JSON.stringify(before));
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
  await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition: done }));
  await world.restart();
  const token = await world.token();
  await world.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' }));
  expect(await world.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '"old"' });
});

test('what is wrong with a definition reaches the client', async () => {
  await using world = await apiWorld();
  const definition = JSON.stringify(machine({ A: { Type: 'Pass', Next: 'B' } }));
  const created = world.client.send(new CreateStateMachineCommand({ name: 'bad', definition, roleArn }));
  await expect(created).rejects.toThrow(InvalidDefinition);
  await expect(created).rejects.toThrow('/States/A/Next');
});

test.for<[string, object]>([
  ['StateMachineTypeNotSupported', { type: 'EXPRESS' }],
  ['InvalidName', { name: 'a b' }],
  ['ValidationException', { publish: true }],
])('a request is refused by name: %s', async ([name, more]) => {
  await using world = await apiWorld();
  const input = { name: 'one', definition: done, roleArn, ...more };
  await expect(world.client.send(new CreateStateMachineCommand(input))).rejects.toMatchObject({ name });
});

test('the same name and input is the same execution while it runs, and another one never is', async () => {
  await using world = await apiWorld();
  const { client } = world;
  const stateMachineArn = await world.create('waits', waiting);
  const start = (input: string) => client.send(new StartExecutionCommand({ stateMachineArn, name: 'once', input }));
  const first = await start('{"a":1}');
  expect(await start('{"a":1}')).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
  await expect(start('{"a":2}')).rejects.toThrow(ExecutionAlreadyExists);
  await client.send(new StopExecutionCommand({ executionArn: first.executionArn, error: 'Why', cause: 'because' }));
  await expect(start('{"a":1}')).rejects.toThrow(ExecutionAlreadyExists);
  const described = await client.send(new DescribeExecutionCommand({ executionArn: first.executionArn }));
  expect(described).toMatchObject({
    status: 'ABORTED',
    error: 'Why',
    cause: 'because',
    input: '{"a":1}',
    redriveStatus: 'REDRIVABLE',
    stopDate: expect.any(Date),
  });
  await expect(start('{')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  await expect(start(`"${'x'.repeat(262_144)}"`)).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  const unknown = `${first.executionArn}x`;
  await expect(client.send(new DescribeExecutionCommand({ executionArn: unknown }))).rejects.toThrow(
    ExecutionDoesNotExist,
  );
});

test('executions are listed in pages, newest first, by status', async () => {
  await using world = await apiWorld();
  const { client } = world;
  const stateMachineArn = await world.create('done', done);
  for (let n = 0; n < 5; n += 1) {
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, name: `n${n}` }));
    await world.ended(executionArn);
  }
  const names: (string | undefined)[] = [];
  for await (const { executions = [] } of paginateListExecutions({ client, pageSize: 2 }, { stateMachineArn })) {
    expect(executions.length).toBeLessThanOrEqual(2);
    names.push(...executions.map(({ name }) => name));
  }
  expect(names).toEqual(['n4', 'n3', 'n2', 'n1', 'n0']);
  const list = (input: object) => client.send(new ListExecutionsCommand({ stateMachineArn, ...input }));
  expect((await list({ statusFilter: 'FAILED' })).executions).toEqual([]);
  const { nextToken } = await list({ maxResults: 2 });
  await expect(list({ statusFilter: 'SUCCEEDED', nextToken })).rejects.toThrow(InvalidToken);
  await expect(list({ nextToken: 'made up' })).rejects.toThrow(InvalidToken);
});

test('the history has AWS\u2019s events, with their details, in pages and backwards', async () => {
  await using world = await apiWorld({ functions: { work: (n) => n } });
  const { client } = world;
  const ItemProcessor = innerStates({ Work: callState('work', { Output: 1, Assign: { v: 2 }, End: true }) });
  const definition = machine({ Each: { Type: 'Map', ItemProcessor, End: true } });
  const stateMachineArn = await world.create('maps', JSON.stringify(definition));
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: '["a"]' }));
  await world.ended(executionArn);
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
  expect(events.map(({ type }) => type)).toEqual([
    'ExecutionStarted',
    'MapStateEntered',
    'MapStateStarted',
    'MapIterationStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskStarted',
    'TaskSucceeded',
    'TaskStateExited',
    'MapIterationSucceeded',
    'MapStateSucceeded',
    'MapStateExited',
    'ExecutionSucceeded',
  ]);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ previousEventId }) => previousEventId)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 3, 11, 12]);
  expect(events[0]?.executionStartedEventDetails).toMatchObject({ input: '["a"]', roleArn });
  expect(events[2]?.mapStateStartedEventDetails).toEqual({ length: 1 });
  expect(events[3]?.mapIterationStartedEventDetails).toEqual({ name: 'Each', index: 0 });
  expect(events[4]?.stateEnteredEventDetails).toMatchObject({ name: 'Work', input: '"a"' });
  expect(events[5]?.taskScheduledEventDetails).toMatchObject({
    resourceType: 'lambda',
    resource: 'invoke',
    region: 'us-east-1',
    parameters: '{"FunctionName":"work","Payload":"a"}',
  });
  expect(JSON.parse(events[7]?.taskSucceededEventDetails?.output ?? '')).toMatchObject({ Payload: 'a' });
  expect(events[8]?.stateExitedEventDetails).toMatchObject({
    name: 'Work',
    output: '1',
    assignedVariables: { v: '2' },
  });
  expect(events[12]?.executionSucceededEventDetails).toMatchObject({ output: '[1]' });

  const ids: (number | undefined)[] = [];
  const paged = paginateGetExecutionHistory({ client, pageSize: 4 }, { executionArn, reverseOrder: true });
  for await (const page of paged) ids.push(...(page.events ?? []).map(({ id }) => id));
  expect(ids).toEqual(events.map(({ id }) => id).reverse());
  const bare = await client.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
  expect(bare.events?.[4]?.stateEnteredEventDetails?.input).toBeUndefined();
  expect(bare.events?.[4]?.stateEnteredEventDetails?.name).toBe('Work');
});

test('a function that is named by its ARN has AWS’s events of a function', async () => {
  await using world = await apiWorld({ functions: { work: (n) => n } });
  const { client } = world;
  const resource = 'arn:aws:lambda:us-east-1:000000000000:function:work';
  const definition = machine({ Work: functionState(resource, { End: true }) });
  const stateMachineArn = await world.create('calls', JSON.stringify(definition));
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: '"a"' }));
  expect(await world.ended(executionArn)).toMatchObject({ output: '"a"' });
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
  const [scheduled, started, succeeded] = events.slice(2);
  expect(scheduled?.lambdaFunctionScheduledEventDetails).toMatchObject({ resource, input: '"a"' });
  expect(started).toMatchObject({ type: 'LambdaFunctionStarted', previousEventId: 3 });
  expect(succeeded?.lambdaFunctionSucceededEventDetails).toMatchObject({ output: '"a"' });
  const bare = await client.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
  expect(bare.events?.[2]?.lambdaFunctionScheduledEventDetails?.input).toBeUndefined();
});

test('tokens are answered, kept alive and refused through the API', async () => {
  await using world = await apiWorld({ functions: { ask: () => undefined } });
  const { client } = world;
  const stateMachineArn = await world.create('asks', JSON.stringify(machine({ Ask: askState('ask', { End: true }) })));
  const start = async () => (await client.send(new StartExecutionCommand({ stateMachineArn }))).executionArn;
  const [answered, refused] = [await start(), await world.token()];
  await client.send(new SendTaskHeartbeatCommand({ taskToken: refused }));
  const bad = client.send(new SendTaskSuccessCommand({ taskToken: refused, output: '{' }));
  await expect(bad).rejects.toMatchObject({ name: 'InvalidOutput' });
  await client.send(new SendTaskFailureCommand({ taskToken: refused, error: 'NotAllowed', cause: 'no' }));
  expect(await world.ended(answered)).toMatchObject({ status: 'FAILED', error: 'NotAllowed', cause: 'no' });
  const again = (taskToken: string) => client.send(new SendTaskSuccessCommand({ taskToken, output: '1' }));
  await expect(again(refused)).rejects.toThrow(TaskTimedOut);
  await expect(again('x'.repeat(64))).rejects.toThrow(TaskDoesNotExist);
  await expect(again('forged')).rejects.toThrow(InvalidToken);
});

test('a web page cannot have requests sent here under a name of its own', async () => {
  await using world = await apiWorld();
  const send = async (host: string) => {
    const headers = { host, 'x-amz-target': 'AWSStepFunctions.ListStateMachines' };
    const sent = request(world.url, { method: 'POST', headers }).end('{}');
    const [response] = await new Promise<[Parameters<typeof text>[0] & { statusCode?: number }]>((resolve, reject) =>
      sent.on('response', (message) => resolve([message])).on('error', reject),
    );
    return { status: response.statusCode, body: await text(response) };
  };
  expect(await send('evil.example')).toMatchObject({ status: 400 });
  expect(await send('127.0.0.1:1')).toEqual({ status: 200, body: '{"stateMachines":[]}' });
});

test('an action that is not served is refused by name', async () => {
  await using world = await apiWorld();
  const headers = { 'x-amz-target': 'AWSStepFunctions.CreateActivity' };
  const response = await fetch(world.url, { method: 'POST', headers, body: '{}' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' });
  await eventually(() => expect(world.said).toEqual([]));
});

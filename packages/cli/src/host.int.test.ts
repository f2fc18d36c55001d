import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cliResult, datasens, spawnDatasens } from '@datasens/testkit/cli.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { callState, machine } from '@datasens/testkit/step-functions-world.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { pythonWith } from '../../../scripts/python.ts';

const run = promisify(execFile);

/** `datasens host` on a home, and where it says that it is. */
async function startHost(home: string) {
  const child = spawnDatasens(['host', '--only', 'step-functions', '--port', '0'], { DATASENS_HOME: home });
  const [line = ''] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [endpoint = ''] = /http:\S+(?=;)/.exec(line) ?? [];
  return { child, endpoint, end: once(child, 'exit') };
}

/** The command of AWS itself, from Python's package index, with this endpoint. */
async function awsCommand(endpoint: string) {
  const aws = join(dirname(await pythonWith('test-awscli', ['awscli==1.46.3'])), 'aws');
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  return async (...args: readonly string[]) => {
    const all = ['stepfunctions', ...args, '--endpoint-url', endpoint, '--output', 'json'];
    return JSON.parse((await run(aws, all, { env })).stdout);
  };
}

test('the command of AWS creates a state machine, starts it, and reads what it did', async () => {
  await using home = await temporaryFolder();
  const host = await startHost(home.path);
  try {
    const aws = await awsCommand(host.endpoint);
    const definition = JSON.stringify(
      machine({
        Add: { Type: 'Pass', Output: '{% $states.input.a + 1 %}', Next: 'Call' },
        Call: callState('f', { End: true }),
      }),
    );
    const roleArn = 'arn:aws:iam::000000000000:role/test';
    const create = ['create-state-machine', '--name', 'first', '--role-arn', roleArn, '--definition'];
    const { stateMachineArn } = await aws(...create, definition);
    const start = ['start-execution', '--state-machine-arn', stateMachineArn, '--name', 'one', '--input', '{"a": 1}'];
    const { executionArn } = await aws(...start);
    const described = await until(async () => {
      const now = await aws('describe-execution', '--execution-arn', executionArn);
      return now.status === 'RUNNING' ? undefined : now;
    });
    // Alone, the host has no functions.
    expect(described).toMatchObject({ status: 'FAILED', error: 'Lambda.ResourceNotFoundException' });
    const { events } = await aws('get-execution-history', '--execution-arn', executionArn);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'PassStateExited',
        stateExitedEventDetails: expect.objectContaining({ name: 'Add', output: '2' }),
      }),
    );
    await expect(aws(...create, '{}')).rejects.toThrow('(InvalidDefinition)');
  } finally {
    host.child.kill('SIGINT');
  }
  expect(await host.end).toEqual([0, null]);
});

test('what one host is killed at the next one goes on with', async () => {
  await using home = await temporaryFolder();
  const call = async (endpoint: string, action: string, body: object) => {
    const headers = { 'x-amz-target': `AWSStepFunctions.${action}` };
    const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, string>;
  };
  const first = await startHost(home.path);
  const definition = JSON.stringify(machine({ Wait: { Type: 'Wait', Seconds: 86_400, End: true } }));
  const created = await call(first.endpoint, 'CreateStateMachine', {
    name: 'waits',
    roleArn: 'arn:aws:iam',
    definition,
  });
  const { stateMachineArn } = created;
  const { executionArn } = await call(first.endpoint, 'StartExecution', { stateMachineArn });
  first.child.kill('SIGKILL');
  await first.end;

  const second = await startHost(home.path);
  const described = await call(second.endpoint, 'DescribeExecution', { executionArn });
  expect(described).toMatchObject({ status: 'RUNNING', stateMachineArn });
  const third = await datasens(['host', '--only', 'step-functions', '--port', '0'], { DATASENS_HOME: home.path });
  expect(third.code).toBe(2);
  expect(third.stderr).toContain('another host runs the state machines');
  second.child.kill('SIGTERM');
  expect(await second.end).toEqual([0, null]);
});

test('a port that is taken, or is none, is refused with a remedy', async () => {
  await using home = await temporaryFolder();
  await using other = await temporaryFolder();
  const host = await startHost(home.path);
  const { port } = new URL(host.endpoint);
  const start = (value: string) =>
    cliResult(spawnDatasens(['host', '--only', 'step-functions', '--port', value], { DATASENS_HOME: other.path }));
  const taken = await start(port);
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining(`port ${port} cannot be had`) });
  expect(await start('x')).toMatchObject({ code: 2, stderr: expect.stringContaining('Expected a port') });
  host.child.kill('SIGINT');
  await host.end;
});

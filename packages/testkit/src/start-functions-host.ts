import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import { until } from './eventually.ts';

import type { FunctionsHostInput } from './functions-host.ts';
import { sfnClient } from './sfn-client.ts';
import { machine } from './step-functions-world.ts';

const PROGRAM = fileURLToPath(new URL('./functions-host.ts', import.meta.url));

/** A host in a process of its own, and a client of AWS that speaks to it. Disposing kills it. */
export async function startFunctionsHost(home: string, { port = 0, timeoutMs = 600_000 } = {}) {
  const input: FunctionsHostInput = { home, port, timeoutMs };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(input)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed: string[] = [];
  const lines = createInterface(child.stdout).on('line', (line) => printed.push(line));
  const [url = ''] = (await once(lines, 'line')) as [string];
  const client = sfnClient(url);
  return {
    port: Number(new URL(url).port),
    /** The lines of its standard output. */
    printed,
    /** Starts an execution of this one state, and gives its ARN. */
    async start(state: JsonObject, payload: JsonObject = {}): Promise<string> {
      const definition = JSON.stringify(machine({ Only: { ...state, End: true } }));
      const roleArn = 'arn:aws:iam::000000000000:role/test';
      const create = new CreateStateMachineCommand({ name: randomUUID(), definition, roleArn });
      const { stateMachineArn } = await client.send(create);
      const start = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(payload) });
      return (await client.send(start)).executionArn ?? '';
    },
    async ended(executionArn: string) {
      return await until(async () => {
        const now = await client.send(new DescribeExecutionCommand({ executionArn }));
        return now.status === 'RUNNING' ? undefined : now;
      });
    },
    async events(executionArn: string) {
      return (await client.send(new GetExecutionHistoryCommand({ executionArn }))).events ?? [];
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      const end = once(child, 'exit');
      if (child.kill('SIGKILL')) await end;
    },
  };
}

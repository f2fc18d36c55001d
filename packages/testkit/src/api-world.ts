import { CreateStateMachineCommand, DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { listen } from '@datasens/local/step-functions/api/listen.ts';
import { serveApi } from '@datasens/local/step-functions/api/server.ts';
import { systemClock } from '@datasens/local/step-functions/clock.ts';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import { sfnClient } from './sfn-client.ts';
import { type StepFunctionsWorldOptions, stepFunctionsWorld } from './step-functions-world.ts';

/** An engine behind the API, and a client of AWS that speaks to it. */
export async function apiWorld(options: StepFunctionsWorldOptions = {}) {
  const said: string[] = [];
  const world = await stepFunctionsWorld({ ...options, log: (message) => said.push(message) });
  const { clock = systemClock } = options;
  // Of whoever was told of it: it stays when the host begins anew.
  let port = 0;
  const serve = async () => {
    const listener = await listen(port);
    const server = serveApi({ ...world, clock, listener, log: (message) => said.push(message) });
    return { ...server, url: listener.url };
  };
  let server = await serve();
  port = Number(new URL(server.url).port);
  let client = sfnClient(server.url);
  const close = async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  };
  return {
    said,
    world,
    get client() {
      return client;
    },
    get url() {
      return server.url;
    },
    async create(name: string, definition: string) {
      const roleArn = 'arn:aws:iam::000000000000:role/test';
      const created = await client.send(new CreateStateMachineCommand({ name, definition, roleArn }));
      return created.stateMachineArn;
    },
    /** What is said of an execution that is over. */
    async ended(executionArn: string | undefined) {
      await world.engine.ended(executionArn ?? '', new AbortController().signal);
      return await client.send(new DescribeExecutionCommand({ executionArn }));
    },
    /** The token that the last call passed on. */
    async token(): Promise<string> {
      const find = () => {
        const last = world.calls.at(-1);
        const payload = last?.resource === 'lambda:invoke' ? last.payload : undefined;
        return (payload as { token?: string } | undefined)?.token;
      };
      await eventually(() => expect(find()).toBeDefined());
      return find() ?? '';
    },
    async restart() {
      await close();
      await world.restart();
      server = await serve();
      client = sfnClient(server.url);
    },
    async [Symbol.asyncDispose]() {
      await close();
      await world[Symbol.asyncDispose]();
    },
  };
}

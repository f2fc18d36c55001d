/** The entry point of an image: runs a test function on its INPUT, and answers by its TASK_TOKEN, once it can. */
import { setTimeout as delay } from 'node:timers/promises';
import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { sfnClient } from './sfn-client.ts';

const TRIES = 1_000;

const { TASK_TOKEN: taskToken, INPUT = '', AWS_ENDPOINT_URL_SFN = '' } = process.env;
const { handler } = await import(new URL(`./functions/${process.argv[2]}.ts`, import.meta.url).href);
const output = JSON.stringify(await handler(JSON.parse(INPUT)));
process.stdout.write('a task has done its work\n');
const client = sfnClient(AWS_ENDPOINT_URL_SFN);
for (let tries = 1; ; tries += 1) {
  try {
    await client.send(new SendTaskSuccessCommand({ taskToken, output }));
    break;
  } catch (error) {
    if (tries === TRIES) throw error;
    await delay(50);
  }
}

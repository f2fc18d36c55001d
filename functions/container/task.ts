import { SendTaskFailureCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { Context } from 'aws-lambda';
import { beat } from './heartbeat.ts';
import { loadStep } from './steps.ts';

/** Well below the heartbeat that the state machines wait for, 300 s. */
const HEARTBEAT_MS = 60_000;
/** Longer than any state waits for a task; no more than a timer takes. */
const LONGEST_MS = 86_400_000;
/** API reference, SendTaskFailure. */
const LONGEST_CAUSE = 32_768;

/*
 * The image's entry point as a task of ECS: runs one step of a workflow, which its command names, without Lambda's
 * deadline, and reports through the token that the state machine waits for. TASK_TOKEN and TASK_INPUT, a JSON document,
 * stand in its environment.
 */
const { TASK_TOKEN: taskToken = '', TASK_INPUT: input = '{}' } = process.env;
const [name = ''] = process.argv.slice(2);
// A host of this machine that was ended is back within minutes: what was done is not to be lost for that.
const client = new SFNClient({ maxAttempts: 30 });
const done = new AbortController();

const { signal } = done;
const beats = beat(client, { taskToken, everyMs: HEARTBEAT_MS, signal }).then((isOver) => {
  // Whoever goes on has begun anew: it ends at once.
  if (isOver) process.exit(1);
});
try {
  const output = await run();
  await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output ?? null) }));
} catch (error) {
  process.exitCode = 1;
  await fail(error);
} finally {
  done.abort();
  await beats;
  client.destroy();
}

/** Reports the failure; where even that fails, nobody waits for it, or nobody can be told. */
async function fail(error: unknown): Promise<void> {
  const { name: type, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const trace = stack.split('\n').slice(0, 20);
  const report = JSON.stringify({ errorType: type, errorMessage: message.slice(0, LONGEST_CAUSE / 4), trace });
  try {
    const cause = report.slice(0, LONGEST_CAUSE);
    await client.send(new SendTaskFailureCommand({ taskToken, error: type.slice(0, 256), cause }));
  } catch (unsaid) {
    process.stderr.write(`${name} failed by ${type}, which could not be reported: ${String(unsaid)}\n`);
  }
}

async function run(): Promise<unknown> {
  const handler = await loadStep(name);
  return await handler(JSON.parse(input), {
    functionName: name,
    getRemainingTimeInMillis: () => LONGEST_MS,
  } as Context);
}

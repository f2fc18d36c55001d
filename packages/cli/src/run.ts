import { parseConfig } from '@datasens/core/config.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { currentUser } from './current-user.ts';
import { EXIT } from './exit-codes.ts';
import { findHost } from './find-host.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';
import type { Outcome } from './workflow-client.ts';

interface RunOptions {
  readonly input: Readonly<Record<string, unknown>>;
  readonly wait: boolean;
  readonly json?: boolean;
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('start a workflow at the host of this machine, or on AWS, and wait for its end')
    .argument('<workflow>', 'its name, as dump, or its ARN')
    .option('--input <json>', 'its input, a JSON object; who acts is the system user', parseInput, {})
    .option('--no-wait', 'say which execution it is, and end')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The host is the one that runs in this home, or AWS_ENDPOINT_URL_SFN. Ctrl-C ends the waiting, and not the execution. Exit
status 1 when it has failed.

  $ datasens run dump --input '{"tables": ["public.t"]}'`,
    )
    .action(async (workflow: string, { input, wait, json = false }: RunOptions) => {
      const signal = interruption();
      await findHost(parseConfig(process.env).home);
      // The SDK takes its time to load.
      const { workflowClient } = await import('./workflow-client.ts');
      using client = workflowClient(process.env);
      const executionArn = await client.start(workflow, { ...input, user: currentUser() }, signal);
      if (!json) printLines(`${executionArn} is started`);
      const outcome: Outcome = wait ? await client.ended(executionArn, signal) : { status: 'RUNNING' };
      if (json) printJson({ executionArn, ...outcome });
      else if (wait) printLines(toText(outcome));
      if (wait && outcome.status !== 'SUCCEEDED') process.exitCode = EXIT.failed;
    });
}

function toText({ status, output, error, cause }: Outcome): string {
  if (status === 'SUCCEEDED') return `${status}: ${JSON.stringify(output)}`;
  return [status, error, cause && messageIn(cause)].filter((part) => part !== undefined).join(': ');
}

/** The cause of a function's failure is a report of it, as JSON (Lambda developer guide, "Function errors"). */
function messageIn(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === 'string' ? errorMessage : cause;
  } catch {
    return cause;
  }
}

function parseInput(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told as what follows.
  }
  throw new InvalidArgumentError(`Expected a JSON object, as '{"tables": ["public.t"]}'.`);
}

import { once } from 'node:events';
import { parseConfig } from '@datasens/core/config.ts';
import type { Invoke } from '@datasens/local/step-functions/engine/invoke.ts';
import { StateError } from '@datasens/local/step-functions/state-error.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { logToStderr } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

interface HostOptions {
  readonly port: number;
  readonly json?: boolean;
}

/** The port of AWS's own local version of Step Functions. */
const PORT = 8083;

export function addHost(program: Command): void {
  program
    .command('host')
    .description('run state machines on this machine, behind the API of AWS Step Functions, until it is interrupted')
    .addOption(new Option('--only <part>', 'what is run').choices(['step-functions']).makeOptionMandatory())
    .option('--port <n>', 'the port on 127.0.0.1; 0 for one that is free', parsePort, PORT)
    .option('--json', 'print one JSON document')
    .action(async ({ port, json }: HostOptions) => {
      const { home } = parseConfig(process.env);
      const signal = interruption();
      // Of no use to whoever only asks for the version.
      const { listen } = await import('@datasens/local/step-functions/api/listen.ts');
      const { hostStepFunctions } = await import('@datasens/local/step-functions/host.ts');
      await using listener = await listen(port);
      const { url } = listener;
      await using _host = await hostStepFunctions({ home, listener, invoke: noHandlers, log: logToStderr });
      if (json) printJson({ endpoint: url });
      else {
        printLines(
          `Step Functions is at ${url}; its journal is in ${home}`,
          `  aws stepfunctions list-state-machines --endpoint-url ${url} --region us-east-1`,
        );
      }
      if (!signal.aborted) await once(signal, 'abort');
    });
}

/** Alone, state machines have no functions to call; their tasks fail as those do on AWS that name what is not there. */
const noHandlers: Invoke = async (call) => {
  if (call.resource === 'lambda:invoke') {
    throw new StateError('Lambda.ResourceNotFoundException', `Function not found: ${call.functionName}`);
  }
  throw new StateError('ECS.ClientException', `TaskDefinition not found: ${call.taskDefinition}`);
};

function parsePort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a port, 0 to 65535.');
}

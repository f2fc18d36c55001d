import { once } from 'node:events';
import { parseConfig } from '@datasens/core/config.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { logToStderr } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

interface HostOptions {
  readonly only?: 'step-functions';
  readonly port: number;
  readonly urlsPort: number;
  readonly listen: string;
  readonly json?: boolean;
}

/** The port of AWS's own local version of Step Functions. */
const PORT = 8083;
const URLS_PORT = 8084;

export function addHost(program: Command): void {
  program
    .command('host')
    .description(
      'run everything on this machine until it is interrupted: workflows, schedules, the inbox, function URLs',
    )
    .addOption(
      new Option('--only <part>', 'run the state machines alone, behind the API of AWS Step Functions').choices([
        'step-functions',
      ]),
    )
    .option('--port <n>', 'the port of that API on 127.0.0.1; 0 for one that is free', parsePort, PORT)
    .option('--urls-port <n>', 'the port of function URLs; 0 for one that is free', parsePort, URLS_PORT)
    .option(
      '--listen <address>',
      'the address of function URLs; one that other machines reach wants a token to be there',
      '127.0.0.1',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Files that are put into inbox/SCHEMA.TABLE/ of the bucket are imported into that table. What is due when stands in
schedules.json of DATASENS_HOME, or in the file of DATASENS_SCHEDULES: a nightly dump, a daily rotation and a weekly
restore test where there is none. What the last host was ended in goes on.`,
    )
    .action(async ({ only, port, urlsPort, listen, json = false }: HostOptions) => {
      const signal = interruption();
      // Of no use to whoever only asks for the version.
      const { hostAlone, hostEverything } = await import('./hosting.ts');
      const open = only ? hostAlone : hostEverything;
      await using host = await open(parseConfig(process.env), {
        port,
        urls: { address: listen, port: urlsPort },
        signal,
        log: logToStderr,
      });
      if (json) printJson({ endpoint: host.endpoint, url: host.url });
      else printLines(...host.lines);
      if (!signal.aborted) await once(signal, 'abort');
    });
}

function parsePort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a port, 0 to 65535.');
}

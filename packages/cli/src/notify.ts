import { hostname } from 'node:os';
import { parseConfig } from '@datasens/core/config.ts';
import { AppError } from '@datasens/core/errors.ts';
import { openChannels } from '@datasens/core/notify/channels.ts';
import { type NotifyResult, notify } from '@datasens/core/notify/send.ts';
import { type Command, Option } from 'commander';
import { currentUser } from './current-user.ts';
import { EXIT } from './exit-codes.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

export function addNotify(program: Command): void {
  program
    .command('notify')
    .description('send a message to everybody who is told of failures, approvals and overdue terms')
    .addOption(new Option('--test', 'a message that says so').makeOptionMandatory())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
To DATASENS_NOTIFY_TOPIC, a topic of Amazon SNS, and DATASENS_NOTIFY_WEBHOOK, a URL that takes the JSON of Slack. Exit
status 1 when one of them did not take it.

  $ datasens notify --test`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { notify: targets, s3 } = parseConfig(process.env);
      const channels = openChannels(targets, { caBundle: s3.caBundle });
      if (channels.length === 0) {
        throw new AppError('ConfigError', 'nobody is told: set DATASENS_NOTIFY_TOPIC or DATASENS_NOTIFY_WEBHOOK');
      }
      // What is logged is in the result as well.
      const deps = { channels, signal: interruption(), log: () => undefined };
      const from = `${currentUser()} on ${hostname()}`;
      const result = await notify(deps, { kind: 'test', at: new Date().toISOString(), from });
      if (result.failed.length > 0) process.exitCode = EXIT.failed;
      if (json) printJson(result);
      else printLines(...toText(result));
    });
}

function toText({ sent, failed }: NotifyResult): string[] {
  return [
    ...sent.map((channel) => `sent    ${channel}`),
    ...failed.map(({ channel, because }) => `FAILED  ${channel}  ${because}`),
  ];
}

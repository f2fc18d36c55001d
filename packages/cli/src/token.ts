import { parseConfig } from '@datasens/core/config.ts';
import { createToken, listTokens, revokeToken } from '@datasens/local/urls/tokens.ts';
import type { Command } from 'commander';
import { interruption } from './interruption.ts';
import { formatTable, printJson, printLines } from './output.ts';

export function addToken(program: Command): void {
  const token = program.command('token').description('who may ask the host of this home by HTTP');
  token
    .command('create')
    .description('make a token, and print it this once; its name is who acts by it')
    .argument('<name>', 'of a person or a program')
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\n  $ curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8084/audit/dumps`)
    .action(async (name: string, options: { json?: boolean }) => {
      const created = await createToken(parseConfig(process.env).home, name, new Date(), interruption());
      if (options.json) return printJson({ name, token: created });
      printLines(created);
    });
  token
    .command('list')
    .description('list who has a token')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const tokens = await listTokens(parseConfig(process.env).home);
      if (options.json) return printJson({ tokens });
      if (tokens.length === 0) return printLines('nobody has a token');
      printLines(
        formatTable(
          ['name', 'created (UTC)'],
          tokens.map(({ name, createdAt }) => [name, createdAt]),
          [],
        ),
      );
    });
  token
    .command('revoke')
    .description('let the token of this name in no more')
    .argument('<name>')
    .option('--json', 'print one JSON document')
    .action(async (name: string, options: { json?: boolean }) => {
      await revokeToken(parseConfig(process.env).home, name, interruption());
      if (options.json) return printJson({ name, revoked: true });
      printLines(`the token of ${name} is revoked`);
    });
}

import { parseConfig } from '@datasens/core/config.ts';
import { describeTarget } from '@datasens/core/postgres/target.ts';
import { stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import type { Command } from 'commander';
import { embeddedTarget, logToStderr } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

export function addEmbedded(program: Command): void {
  const embedded = program.command('embedded').description('the PostgreSQL that serves where no DATABASE_URL is set');
  embedded
    .command('start')
    .description('start it, if it does not run, and print where it is')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const target = await embeddedTarget(parseConfig(process.env), interruption(), logToStderr);
      if (options.json)
        return printJson({ host: target.host, port: target.port, user: target.user, database: target.database });
      printLines(
        `the embedded PostgreSQL runs: ${describeTarget(target)}`,
        `  psql --host=${target.host} --port=${target.port} --username=${target.user} ${target.database}`,
      );
    });
  embedded
    .command('stop')
    .description('shut it down; the next command that needs it starts it again')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      await stopEmbeddedPostgres(parseConfig(process.env).home, interruption());
      if (options.json) return printJson({ stopped: true });
      printLines('the embedded PostgreSQL is stopped');
    });
}

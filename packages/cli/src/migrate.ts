import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { parseConfig } from '@datasens/core/config.ts';
import { describeTarget } from '@datasens/core/postgres/target.ts';
import type { Command } from 'commander';
import { embeddedTarget, logToStderr } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('create or upgrade the audit tables; every other verb does so by itself')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const config = parseConfig(process.env);
      const target = config.audit ?? (await embeddedTarget(config, interruption(), logToStderr));
      const { applied } = await migrateAudit(target, logToStderr);
      const database = describeTarget(target);
      if (options.json) return printJson({ database, applied });
      const done = applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to do';
      printLines(`audit tables in ${database}: ${done}`);
    });
}

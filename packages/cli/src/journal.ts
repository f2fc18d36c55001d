import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import type { Command } from 'commander';
import { openContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

export function addJournal(program: Command): void {
  const journal = program.command('journal').description('the hash-chained record of everything that was done');
  journal
    .command('verify')
    .description('find events that were changed, removed, inserted or cut off')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Recomputes the chain in the audit database, compares it with the copies under journal/ in the storage, and the audit
rows with the events that made them. Exit status 1 when anything differs.`,
    )
    .action(async (options: { json?: boolean }) => {
      await using context = await openContext(interruption());
      const result = await verifyJournal(context.deps);
      if (!result.ok) process.exitCode = EXIT.failed;
      if (options.json) return printJson(result);
      if (result.ok) return printLines(`the journal is intact: ${result.events} events`);
      printLines(
        `the journal was tampered with or damaged: ${result.problems.length} problems in ${result.events} events`,
        ...result.problems.map(({ seq, kind, where, message }) => `  ${where} ${seq ?? ''} ${kind}: ${message}`),
      );
    });
}

import type { Command } from 'commander';
import { decide, parseApprovalId } from './decide.ts';

export function addApprove(program: Command): void {
  program
    .command('approve')
    .description('approve what another person asks for')
    .argument('<id>', 'the number of the approval, as datasens approvals lists them', parseApprovalId)
    .option('--comment <text>', 'why')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A decision is final, and journalled with your name. Nobody approves their own request, nor one that has expired. It counts
once, for the content, the target and the schema that it was asked for. The execution that waits goes on.

  $ datasens approvals
  $ datasens approve 7 --comment "checked with finance"`,
    )
    .action(async (approvalId: number, { comment, json = false }: { comment?: string; json?: boolean }) => {
      await decide({ approvalId, decision: 'approved', comment }, json);
    });
}

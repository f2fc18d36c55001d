import type { Command } from 'commander';
import { decide, parseApprovalId } from './decide.ts';

export function addReject(program: Command): void {
  program
    .command('reject')
    .description('reject what another person asks for')
    .argument('<id>', 'the number of the approval, as datasens approvals lists them', parseApprovalId)
    .requiredOption('--comment <why>', 'why: the one who asks is told')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A decision is final, and journalled with your name. The execution that waits fails by NotAllowed.

  $ datasens reject 7 --comment "the March figures are missing"`,
    )
    .action(async (approvalId: number, { comment, json = false }: { comment: string; json?: boolean }) => {
      await decide({ approvalId, decision: 'rejected', comment }, json);
    });
}

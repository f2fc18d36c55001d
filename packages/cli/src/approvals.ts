import { approvalLines } from '@datasens/core/approval/approval-lines.ts';
import { listApprovals } from '@datasens/core/approval/list-approvals.ts';
import type { Command } from 'commander';
import { openContext } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

export function addApprovals(program: Command): void {
  program
    .command('approvals')
    .description('list what waits for approval: who asks, for what, what changes, until when')
    .option('--all', 'those that are decided, used, void or expired, too')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\n  $ datasens approvals\n  $ datasens approve 7')
    .action(async ({ all = false, json }: { all?: boolean; json?: boolean }) => {
      await using context = await openContext(interruption());
      const now = context.deps.now();
      const { approvals, more } = await listApprovals(context.deps.db, { now, all });
      if (json) return printJson({ approvals, more });
      if (approvals.length === 0) return printLines(all ? 'no approvals' : 'nothing waits for approval');
      printLines(...approvals.flatMap((approval) => [...approvalLines(approval, now), '']).slice(0, -1));
      if (more) printLines('', 'and more');
    });
}

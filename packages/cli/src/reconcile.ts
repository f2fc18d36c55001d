import { LISTED, type ReconcileResult, reconcile } from '@datasens/core/reconcile/reconcile.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { openContext } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

interface ReconcileOptions {
  olderThan: number;
  dryRun?: boolean;
  json?: boolean;
}

const DAY_MS = 86_400_000;

export function addReconcile(program: Command): void {
  program
    .command('reconcile')
    .description('find what killed processes left in the storage, and remove it')
    .option('--older-than <days>', 'leave alone what is younger: it may be a dump that still runs', parseAge, 7)
    .option('--dry-run', 'only tell what would be removed')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A killed upload leaves parts, which no listing shows and every month costs. They are not a dump, and no dump is lost
with them; an upload that still runs fails, to be started again.

  $ datasens reconcile --dry-run
  $ datasens reconcile --older-than 1d`,
    )
    .action(async ({ olderThan, dryRun = false, json }: ReconcileOptions) => {
      await using context = await openContext(interruption());
      const result = await reconcile(context.deps, { olderThanMs: olderThan * DAY_MS, dryRun });
      if (json) printJson({ ...result, removed: !dryRun });
      else printLines(...toText(result, dryRun));
    });
}

function toText({ count, unfinished }: ReconcileResult, dryRun: boolean): string[] {
  const lines = unfinished.map(({ id, key = id, begunAt }) => `${key}, begun ${begunAt.toISOString()}`);
  if (count > LISTED) lines.push(`and ${count - LISTED} more`);
  const done = dryRun ? 'unfinished uploads to remove' : 'unfinished uploads removed';
  return [...lines, count === 0 ? 'nothing was left unfinished' : `${done}: ${count}`];
}

function parseAge(text: string): number {
  const [, days] = /^(\d+(?:\.\d+)?)d$/.exec(text) ?? [];
  if (days === undefined) throw new InvalidArgumentError('Expected a number of days, such as 7d.');
  return Number(days);
}

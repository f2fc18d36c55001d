import { expectClock } from '@datasens/core/audit/expect-clock.ts';
import { type ExpireResult, type ExpiryLine, expire } from '@datasens/core/expiry/expire.ts';
import { readPolicy } from '@datasens/core/expiry/read-policy.ts';
import type { Command } from 'commander';
import { openContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

interface ExpireOptions {
  dryRun?: boolean;
  json?: boolean;
}

/** So many lines of each action are in the one JSON document; the counts are of all. */
const LISTED = 10_000;

export function addExpire(program: Command): void {
  program
    .command('expire')
    .description('apply the retention rules: archive, rotate, and delete what its term has ended')
    .option('--dry-run', 'only print the plan, with the reason for each dump')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The rules are those of DATASENS_RETENTION, or of retention.json in DATASENS_HOME; without a file the last 7 dumps of
each lineage are kept. A dump is marked, then deleted in every version, then certified in the journal; its row stays, as
SUPPRIME. Exit status 1 when something that was due could not be deleted or archived: the next run goes on with it.

  $ datasens expire --dry-run
  $ datasens hold 12`,
    )
    .action(async ({ dryRun = false, json = false }: ExpireOptions) => {
      await using context = await openContext(interruption());
      const { deps, config, user } = context;
      const policy = await readPolicy(config.retention);
      await expectClock(deps.db, deps.now());
      const lines: ExpiryLine[] = [];
      const counts = new Map<string, number>();
      const onLine = (line: ExpiryLine) => {
        if (!json) return printLines(describeLine(line));
        const count = (counts.get(line.action) ?? 0) + 1;
        counts.set(line.action, count);
        if (count <= LISTED) lines.push(line);
      };
      const result = await expire(deps, { policy, dryRun, user, onLine });
      const { changed, locked, failed } = result.outcomes;
      if (changed + locked + failed > 0) process.exitCode = EXIT.failed;
      if (json) printJson({ dryRun, dumps: lines, ...result });
      else printLines(...summaryOf(result, dryRun));
    });
}

const DONE = { keep: 'keep', archive: 'archived', remove: 'removed', expire: 'expired' } as const;

/** `removed   12  dumps/SQL/…/data.f3db2b1c.dump  no longer kept by the rule nightly`. */
export function describeLine({ dumpId, key, action, reasons, outcome, because }: ExpiryLine): string {
  const what = outcome === 'done' ? DONE[action] : outcome === 'planned' ? action : `${action}: ${outcome}`;
  const subject = `${dumpId ?? '-'}  ${key}`;
  return `${what.padEnd(8)}  ${subject}  ${reasons.join(', ')}${because === undefined ? '' : ` (${because})`}`;
}

function summaryOf({ actions, outcomes, warnings }: ExpireResult, dryRun: boolean): string[] {
  const { keep, archive, remove, expire: expired } = actions;
  const said = dryRun ? 'planned' : 'done';
  const left = (['reading', 'changed', 'locked', 'failed'] as const).filter((outcome) => outcomes[outcome] > 0);
  return [
    `${said}: keep ${keep}, archive ${archive}, remove ${remove}, expire ${expired}`,
    ...left.map((outcome) => `${outcomes[outcome]} ${LEFT[outcome]}`),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}

const LEFT = {
  reading: 'left alone, for somebody restores them: the next expiry takes them',
  changed: 'left alone, for they are no longer what the plan saw',
  locked: 'kept by a lock of the storage: the next expiry tries again',
  failed: 'not finished: the next expiry goes on with them',
} as const;

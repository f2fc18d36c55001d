import { type GuardedStep, isUnderWay, listOpenSteps } from '@datasens/core/audit/guarded-step.ts';
import { AppError } from '@datasens/core/errors.ts';
import { releaseStep } from '@datasens/core/guard/release-step.ts';
import { quoteQualified } from '@datasens/core/postgres/quote.ts';
import type { Command } from 'commander';
import { openContext } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

interface StepsOptions {
  release?: string;
  comment?: string;
  json?: boolean;
}

export function addSteps(program: Command): void {
  program
    .command('steps')
    .description('list the guarded steps that are under way, or end the hold of one on its tables')
    .option('--release <execution>', 'end what this execution has begun, as the list names it')
    .option('--comment <why>', 'why; the journal keeps it')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Until a step has ended, nothing is imported into its tables, and nothing restored over them. What is released may be
written to, and no workflow restores it: look at its tables before, and restore them by hand where they need it.

  $ datasens steps
  $ datasens steps --release enrich-20261127 --comment "mended by hand"`,
    )
    .action(async ({ release, comment, json }: StepsOptions) => {
      if ((release === undefined) !== (comment === undefined)) {
        throw new AppError('InvalidInput', '--release and --comment go together: a release says why');
      }
      await using context = await openContext(interruption());
      const { deps, user } = context;
      if (release !== undefined) {
        const step = await releaseStep(deps, { execution: release, user, comment: comment ?? '' });
        if (json) return printJson({ released: toJson(step, deps.now()) });
        return printLines(`the step ${step.step} of ${release} has its tables no more: ${tablesOf(step).join(', ')}`);
      }
      const steps = await listOpenSteps(deps.db);
      if (json) return printJson({ steps: steps.map((step) => toJson(step, deps.now())) });
      if (steps.length === 0) return printLines('no step is under way');
      printLines(...steps.flatMap((step) => [...linesOf(step, deps.now()), '']).slice(0, -1));
    });
}

function tablesOf({ tables }: GuardedStep): string[] {
  return tables.map(({ schema, name }) => quoteQualified(schema, name));
}

function toJson(step: GuardedStep, now: Date) {
  const { lease, execution, user, calls, source, target, begunAt, until, owed } = step;
  return {
    lease,
    step: step.step,
    execution,
    user,
    calls,
    source,
    target,
    tables: tablesOf(step),
    begunAt,
    until,
    underWay: isUnderWay(step, now),
    owed: owed && { dumpId: owed.dumpId, automatic: owed.automatic, because: owed.because, error: owed.error },
  };
}

function linesOf(step: GuardedStep, now: Date): string[] {
  const { execution, user, calls, target, begunAt, until, owed } = step;
  const debt = owed ? [`  failed   by ${owed.error}; its tables are to be restored from dump ${owed.dumpId}`] : [];
  return [
    `step ${step.step}: ${calls.kind} ${calls.name}`,
    `  begun    by ${user} (execution ${execution}) at ${begunAt}`,
    `  tables   ${tablesOf(step).join(', ')} of ${target}`,
    `  until    ${until}${isUnderWay(step, now) ? '' : ', which is over: others may write'}`,
    ...debt,
  ];
}

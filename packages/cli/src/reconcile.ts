import { expectClock } from '@datasens/core/audit/expect-clock.ts';
import {
  type Finding,
  KINDS,
  type Kind,
  type Outcome,
  type ReconcileResult,
} from '@datasens/core/reconcile/finding.ts';
import { reconcile } from '@datasens/core/reconcile/reconcile.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { openContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
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
    .description('find what killed processes left, and where storage and audit differ; mend what is safe to mend')
    .option('--older-than <days>', 'leave alone what is younger: it may be a dump that still runs', parseAge, 7)
    .option('--dry-run', 'only tell what would be done')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Removes unfinished uploads, the bytes of dumps that never got a manifest (a day old at least, whatever --older-than
says) and temporary databases; registers dumps that were committed, and imports that stand in a ledger alone; tells
workflows of approvals that were decided; tells of dumps whose bytes are gone. Exit status 1 when something is left that a person must look at, or could not be done.

  $ datasens reconcile --dry-run
  $ datasens reconcile --older-than 1d`,
    )
    .action(async ({ olderThan, dryRun = false, json }: ReconcileOptions) => {
      await using context = await openContext(interruption());
      const { deps, config, user } = context;
      await expectClock(deps.db, deps.now());
      const result = await reconcile(deps, {
        olderThanMs: olderThan * DAY_MS,
        dryRun,
        scratch: config.scratch,
        user,
      });
      const { look, locked, failed } = result.outcomes;
      if (look + locked + failed > 0) process.exitCode = EXIT.failed;
      if (json) printJson({ dryRun, ...result });
      else printLines(...toText(result));
    });
}

/** What a finding is; then what is, or would be, done to it. */
const WORDS: Readonly<Record<Kind, readonly [what: string, toDo: string, done: string]>> = {
  upload: ['unfinished upload', 'remove', 'removed'],
  bytes: ['bytes without a manifest', 'remove', 'removed'],
  attempt: ['bytes of another attempt', 'remove', 'removed'],
  manifest: ['dump without a row', 'register', 'registered'],
  row: ['dump without its bytes', '', ''],
  rejects: ['rejects of nobody', '', ''],
  database: ['temporary database', 'drop', 'dropped'],
  import: ['imports not in the audit', 'record', 'recorded'],
  undoing: ['imports undone by a restore', 'journal', 'journalled'],
  payload: ['work of an execution that is over', 'remove', 'removed'],
  answer: ['decisions that nobody was told', 'tell', 'told'],
};

const LEFT: Readonly<Record<Exclude<Outcome, 'planned' | 'mended'>, string>> = {
  waits: 'wait',
  look: 'LOOK',
  locked: 'locked',
  failed: 'failed',
};

function toText({ kinds, outcomes, warnings }: ReconcileResult): string[] {
  const found = KINDS.flatMap((kind) => {
    const { count, first } = kinds[kind];
    const more = count > first.length ? [`and ${count - first.length} more: ${WORDS[kind][0]}`] : [];
    return [...first.map(toLine), ...more];
  });
  const { planned, mended, waits, look, locked, failed } = outcomes;
  const told = [
    [planned, 'to mend'],
    [mended, 'mended'],
    [waits, 'left to others'],
    [look, 'for a person to look at'],
    [locked, 'kept by a lock of the storage'],
    [failed, 'failed: the next run tries again'],
  ] as const;
  const summary = told.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []));
  return [
    ...found,
    summary.length > 0 ? summary.join(', ') : 'nothing was left, and nothing differs',
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}

/** `removed   dumps/SQL/…/20261122T152120Z-12/  bytes without a manifest, since 2026-11-22T15:21:20.000Z`. */
function toLine({ kind, name, since, outcome, because }: Finding): string {
  const [what, toDo, done] = WORDS[kind];
  const verb = outcome === 'planned' ? toDo : outcome === 'mended' ? done : LEFT[outcome];
  const told = [what, ...(since ? [`since ${since.toISOString()}`] : []), ...(because === undefined ? [] : [because])];
  return `${verb.padEnd(10)}  ${name}  ${told.join(', ')}`;
}

function parseAge(text: string): number {
  const [, days] = /^(\d+(?:\.\d+)?)d$/.exec(text) ?? [];
  if (days === undefined) throw new InvalidArgumentError('Expected a number of days, such as 7d.');
  return Number(days);
}

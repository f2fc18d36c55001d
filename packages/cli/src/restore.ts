import { isAppError } from '@datasens/core/errors.ts';
import { type Comparison, rowsOf } from '@datasens/core/postgres/compare-proof.ts';
import { describeTarget, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { RestoreResult } from '@datasens/core/restore/carry-out.ts';
import type { RestoreRequest } from '@datasens/core/restore/restore-plan.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { comparisonLines } from './comparison.ts';
import { type CliContext, openContext } from './context.ts';
import { parseApprovalId } from './decide.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';
import { progressLine } from './progress.ts';

interface RestoreOptions {
  into?: string;
  inPlace?: boolean;
  clean?: boolean;
  table: string[];
  intoSchema?: string;
  owner: boolean;
  privileges: boolean;
  policies: boolean;
  prove?: boolean;
  jobs: number;
  lockTimeout: number;
  approval?: number;
  json?: boolean;
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('restore a dump, wholly or not at all, and hold it against its proof')
    .argument('<dump>', 'a dump_id, a key or a URI')
    .option('--into <target>', 'a source by its name, or a URL; its database may be absent, or empty')
    .option('--in-place', 'into a database that is not empty, in one transaction')
    .option('--clean', 'with --in-place: replace what is there; what the dump does not hold is left alone')
    .option(
      '--table <name>',
      'only this table, with its partitions and all that belongs to it; may be repeated',
      collect,
      [],
    )
    .option('--into-schema <name>', 'into another schema than the one that the objects were in')
    .option('--no-owner', 'everything belongs to the role that restores')
    .option('--no-privileges', 'without grants')
    .option('--no-policies', 'without row-level security, whose policies name roles')
    .option('--prove', 'compare the contents of every table, not row counts alone; exit 1 on any difference')
    .option('--jobs <n>', 'processes of pg_restore, for a new database from a dump in a folder', parseCount, 1)
    .option('--lock-timeout <seconds>', 'how long to wait for locks that others hold', parseCount, 30)
    .option(
      '--approval <id>',
      'the approval that another person gave for it, where it writes to protected tables',
      parseApprovalId,
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Without --into the target is the database that was dumped. A database that does not exist is restored under a
temporary name and gets its own once it is proven; an empty one, and one in use (--in-place), in one transaction that
is committed once it is proven. Whatever fails leaves the target as it was. The audit tables are never touched.
Protected tables (DATASENS_PROTECTED) of a database that is there are restored with the approval of another person.

  $ datasens restore 12 --into postgresql://localhost/copy --prove
  $ datasens restore 12 --in-place --clean --table t04_document`,
    )
    .action(async (dump: string, options: RestoreOptions) => {
      await using context = await openContext(interruption());
      using progress = progressLine();
      const { deps, into } = targetOf(options, context);
      const request = requestOf(dump, options, context, into);
      try {
        const result = await runRestore({ ...deps, onProgress: progress.show }, request);
        progress[Symbol.dispose]();
        if (options.json) printJson(toJson(result));
        else printLines(...toText(result));
      } catch (error) {
        progress[Symbol.dispose]();
        if (!options.json && isAppError(error, 'ProofFailed')) {
          printLines(...comparisonLines(error.details.comparison as Comparison));
        }
        throw error;
      }
    });
}

/** A URL is a source of this command alone, named as it is shown. */
function targetOf({ into }: RestoreOptions, { deps }: CliContext): { deps: CliContext['deps']; into?: string } {
  if (into === undefined) return { deps };
  if (!/^postgres(ql)?:/.test(into)) return { deps, into };
  const target = parseDatabaseUrl(into, '--into');
  const name = describeTarget(target);
  return { deps: { ...deps, sources: new Map([...deps.sources, [name, target]]) }, into: name };
}

function requestOf(dump: string, options: RestoreOptions, { user }: CliContext, into?: string): RestoreRequest {
  const {
    inPlace = false,
    clean = false,
    table,
    intoSchema,
    owner,
    privileges,
    policies,
    prove = false,
    jobs,
  } = options;
  return {
    dump,
    inPlace,
    clean,
    tables: table,
    owners: owner,
    privileges,
    policies,
    prove,
    jobs,
    lockTimeoutMs: options.lockTimeout * 1_000,
    user,
    approvalId: options.approval,
    ...(into === undefined ? {} : { into }),
    ...(intoSchema === undefined ? {} : { intoSchema }),
  };
}

function toJson({ plan, target, comparison, facts: { durationMs }, warnings }: RestoreResult) {
  const { dumpId, mode, prove } = plan;
  return { dumpId, target, mode, durationMs, proven: prove, ...comparison, warnings };
}

const MODES = { create: 'a new database', fill: 'an empty database', 'in-place': 'in place' } as const;

function toText({ plan, target, comparison, facts: { durationMs }, warnings }: RestoreResult): string[] {
  const rows = rowsOf(comparison);
  const found = `${comparison.tables.length} tables${rows === undefined ? '' : `, ${rows.toLocaleString('en')} rows`}`;
  const how = { content: 'equal in content', counts: 'equal in number', none: 'not compared' }[comparison.level];
  return [
    ...(plan.prove ? comparisonLines(comparison) : []),
    `dump ${plan.dumpId} is restored into ${target} (${MODES[plan.mode]}) in ${(durationMs / 1_000).toFixed(1)} s`,
    `  proof   ${found}, ${how}`,
    ...warnings.map((warning) => `  warning ${warning}`),
  ];
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function parseCount(value: string): number {
  const count = Number(/^\d{1,6}$/.test(value) ? value : Number.NaN);
  if (!(count > 0)) throw new InvalidArgumentError('Expected a whole number above 0.');
  return count;
}

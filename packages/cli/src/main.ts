import { Command, CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { printJson } from './output.ts';
import { reportError } from './report-error.ts';
import { VERSION } from './version.ts';

/** Each verb is a file that is loaded when it is called: `--version` and `--help` stay quick. */
const VERBS = {
  dump: async () => (await import('./dump.ts')).addDump,
  verify: async () => (await import('./verify.ts')).addVerify,
  restore: async () => (await import('./restore.ts')).addRestore,
  'restore-test': async () => (await import('./restore-test.ts')).addRestoreTest,
  inspect: async () => (await import('./inspect.ts')).addInspect,
  import: async () => (await import('./import.ts')).addImport,
  audit: async () => (await import('./audit.ts')).addAudit,
  journal: async () => (await import('./journal.ts')).addJournal,
  migrate: async () => (await import('./migrate.ts')).addMigrate,
  expire: async () => (await import('./expire.ts')).addExpire,
  hold: async () => (await import('./hold.ts')).addHold,
  reconcile: async () => (await import('./reconcile.ts')).addReconcile,
  catalog: async () => (await import('./catalog.ts')).addCatalog,
  notify: async () => (await import('./notify.ts')).addNotify,
  approvals: async () => (await import('./approvals.ts')).addApprovals,
  approve: async () => (await import('./approve.ts')).addApprove,
  reject: async () => (await import('./reject.ts')).addReject,
  steps: async () => (await import('./steps.ts')).addSteps,
  doctor: async () => (await import('./doctor.ts')).addDoctor,
  embedded: async () => (await import('./embedded.ts')).addEmbedded,
  run: async () => (await import('./run.ts')).addRun,
  token: async () => (await import('./token.ts')).addToken,
  host: async () => (await import('./host.ts')).addHost,
} as const;

const program = new Command('datasens')
  .description('Dumps that can be trusted: audited, hashed, proven, kept for as long as they may be.')
  .version(VERSION)
  .showHelpAfterError('(datasens --help lists the verbs, datasens VERB --help explains one)')
  .addHelpText(
    'after',
    `
With nothing configured, a PostgreSQL of its own and a folder serve, both under .datasens/.
  DATABASE_URL        the database to dump, named "default": postgresql://user:password@host:port/database
  DATASENS_SOURCES    more of them: {"name": "postgresql://…"}
  AUDIT_DATABASE_URL  where the audit tables live; DATABASE_URL's database by default
  DATASENS_STORAGE    file:///dir or s3://bucket/prefix
  S3_ENDPOINT         the server of the bucket, where it is not AWS
  DATASENS_RECIPIENTS age public keys that sensitive dumps are encrypted to; DATASENS_SENSITIVE names what always is
  DATASENS_IDENTITY   the file of the age identity that opens them
  DATASENS_PROTECTED  tables that are written to with another person's approval alone: gold.*,finance.t_* (gold.*)
  DATASENS_APPROVERS, DATASENS_LINK_SECRET, DATASENS_APPROVAL_URL
                      who may approve by a link, what links are signed by, and where they lead: docs/http.md
  DATASENS_HOME       this machine's own folder (.datasens)
  DATASENS_RETENTION  the retention rules (retention.json in DATASENS_HOME)
  DATASENS_IMPORTS    how files of the inbox are imported (imports.json in DATASENS_HOME)
  DATASENS_SCHEDULES  what a host starts when (schedules.json in DATASENS_HOME)
  DATASENS_STEPS      the guarded steps (steps.json in DATASENS_HOME)
  DATASENS_NOTIFY_TOPIC, DATASENS_NOTIFY_WEBHOOK
                      who is told of failures, approvals and overdue terms: SNS, and what takes the JSON of Slack
  PG_BIN_DIR          the folder of pg_dump, pg_restore, psql

Exit status: 0 done, 1 the operation failed, 2 wrong usage or configuration, 3 done with rejects.

  $ datasens dump --comment "before the migration"
  $ datasens verify 1
  $ datasens restore 1 --into postgresql://localhost/copy --prove
  $ datasens audit`,
  );

const [named] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const verb = named === 'help' ? process.argv[3] : named;
for (const [name, load] of Object.entries(VERBS)) {
  // All of them where a list of them is shown.
  if (verb === name || !(verb && verb in VERBS)) (await load())(program);
}

const json = process.argv.includes('--json');
program.exitOverride();
for (const command of program.commands) overrideExit(command);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageExit(error) : reportError(error, json);
}

/** Help and version end here, too; of what is wrong Commander has told the person, but not the program. */
function usageExit({ exitCode, message }: CommanderError): number {
  if (exitCode === 0) return EXIT.done;
  if (json) printJson({ error: { name: 'InvalidInput', message: message.replace(/^error: /, ''), details: {} } });
  return EXIT.usage;
}

function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}

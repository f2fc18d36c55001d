import type { ImportDeps, ImportRequest, ImportResult } from '@datasens/core/import/import-request.ts';
import { replayRejects } from '@datasens/core/import/replay-rejects.ts';
import { runImport } from '@datasens/core/import/run-import.ts';
import { openSource } from '@datasens/core/import/source/open-source.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CliContext, openContext } from './context.ts';
import { addDialectOptions, type DialectOptions, readWantedTypes, toldDialect } from './dialect-options.ts';
import { EXIT } from './exit-codes.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';
import { progressLine } from './progress.ts';

interface ImportOptions extends DialectOptions {
  table?: string;
  rejects?: number;
  ifExists: ImportRequest['ifExists'];
  key?: string[];
  maxRejects: number;
  evolve?: 'add';
  force?: boolean;
  sensitive?: boolean;
  source: string;
  comment?: string;
  json?: boolean;
}

/** What an import whose rejects are replayed has decided, by the names that commander gives the options. */
const DECIDED = [
  ...['table', 'ifExists', 'key', 'evolve'],
  ...['delimiter', 'quote', 'escape', 'lineEnd', 'encoding', 'header', 'skip', 'footer', 'records'],
  ...['null', 'decimal', 'dateFormat', 'types'],
];

export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description('load a file into a table: once, whole, with nothing altered or dropped unsaid')
    .argument(
      '[file]',
      'a path, file:///path or s3://bucket/key: delimited text, JSON, NDJSON (plain, gzip or zstd) or Parquet',
    )
    .option('--table <name>', 'where the rows go, as in SQL: news, archive.news; made if it is not there')
    .addOption(
      new Option(
        '--if-exists <what>',
        'where the table is there: add the rows, empty it before, update rows by their key, or refuse',
      )
        .choices(['append', 'replace', 'fail', 'upsert'])
        .default('append'),
    )
    .option('--key <columns>', 'what tells a row from another, for upsert: id or shop,day', parseKey)
    .option('--max-rejects <n>', 'so many rows may be left out; they are stored with the reason', parseCount, 0)
    .addOption(
      new Option(
        '--rejects <id>',
        'import the rejects of import <id>: those of <file>, corrected, or as they are stored',
      )
        .argParser(parseImportId)
        .conflicts(DECIDED),
    )
    .addOption(new Option('--evolve <how>', 'add the columns that the table lacks').choices(['add']))
    .option('--force', 'import a content again that was imported before')
    .option('--sensitive', 'store rejects encrypted to DATASENS_RECIPIENTS')
    .option('--source <name>', 'the database to import into, by its name in DATASENS_SOURCES', 'default')
    .option('--comment <text>', 'why, for whoever reads the audit');
  addDialectOptions(command)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The same content goes into a table once: a second time says so, and changes nothing. What the file leaves open is asked
before anything is loaded; datasens inspect shows what an import would do. Rejects are NDJSON: correct "raw" in a copy.
Exit status 3: done, with rejects.

  $ datasens import ventes.csv --table public.ventes
  $ datasens import s3://bucket/inbox/news.csv.gz --table news --if-exists replace --max-rejects 10
  $ datasens import commandes.json --records data.items --table commandes --if-exists upsert --key id
  $ datasens import corrected.ndjson --rejects 12`,
    )
    .action(async (file: string | undefined, options: ImportOptions) => {
      const signal = interruption();
      const run = await importOf(file, options, (message) => command.error(message));
      await using context = await openContext(signal);
      using progress = progressLine();
      const result = await run(context, { ...context.deps, onProgress: progress.show });
      progress[Symbol.dispose]();
      if (options.json) printJson(result);
      else printLines(...toText(result));
      if (result.duplicateOf === undefined && result.rowsRejected > 0) process.exitCode = EXIT.rejects;
    });
}

type Run = (context: CliContext, deps: ImportDeps) => Promise<ImportResult>;

/** The import that the options ask for. Throws for wrong usage. */
async function importOf(
  file: string | undefined,
  options: ImportOptions,
  misused: (message: string) => never,
): Promise<Run> {
  const { rejects: importId, table } = options;
  const common = {
    into: options.source,
    maxRejects: options.maxRejects,
    force: options.force ?? false,
    sensitive: options.sensitive ?? false,
    ...(options.comment === undefined ? {} : { comment: options.comment }),
  };
  if (importId !== undefined) {
    return async ({ config, user }, deps) => {
      if (file === undefined) return await replayRejects(deps, { ...common, importId, user });
      await using corrected = await openSource(file, config.s3, deps.signal);
      return await replayRejects(deps, { ...common, importId, corrected, user });
    };
  }
  if (file === undefined || table === undefined) {
    misused('error: expected <file> and --table <name>, or --rejects <id>');
  }
  const types = await readWantedTypes(options);
  return async ({ config, user }, deps) => {
    await using source = await openSource(file, config.s3, deps.signal);
    return await runImport(deps, {
      ...common,
      source,
      table,
      ifExists: options.ifExists,
      ...(options.key === undefined ? {} : { key: options.key }),
      evolve: options.evolve === 'add',
      told: toldDialect(options),
      recordsPath: options.records,
      nullWords: options.null,
      decimal: options.decimal,
      dateFormat: options.dateFormat,
      types,
      user,
    });
  };
}

function toText(result: ImportResult): string[] {
  const { duplicateOf, table, rowsRead, rowsInserted, rowsUpdated, rowsRejected } = result;
  if (duplicateOf !== undefined) {
    const { importId, importedAt, user } = duplicateOf;
    return [
      `already imported as import ${importId} into ${table} by ${user} on ${importedAt}: ${rows(duplicateOf.rowsInserted + duplicateOf.rowsUpdated)} then, none now`,
      '  --force imports it again',
    ];
  }
  const widened = result.columns.filter(({ widenedFrom }) => widenedFrom !== undefined);
  return [
    `import ${result.importId} into ${table}: ${rows(rowsInserted)}${result.created ? `, and the table made for ${rowsInserted === 1 ? 'it' : 'them'}` : ''}`,
    `  read      ${count(rowsRead)} = ${count(rowsInserted)} inserted + ${count(rowsUpdated)} updated + ${count(rowsRejected)} rejected`,
    `  path      ${result.path}${result.pathBecause === undefined ? '' : `: ${result.pathBecause}`}`,
    `  sha256    ${result.sha256}`,
    ...(result.rejectsUri === null ? [] : [`  rejects   ${result.rejectsUri}`]),
    ...result.rejects.map(({ line, reason }) => `            line ${line}: ${reason}`),
    ...widened.map(
      ({ name, type, widenedFrom }) => `  column    ${name} is ${type}, not ${widenedFrom}: a later row took more`,
    ),
    ...result.warnings.map((warning) => `  warning   ${warning}`),
  ];
}

function rows(number: number): string {
  return `${count(number)} row${number === 1 ? '' : 's'}`;
}

function count(rows: number): string {
  return rows.toLocaleString('en');
}

function parseKey(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a number of rows.');
  return Number(text);
}

function parseImportId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError('Expected the importId of an import, as it was told.');
  return Number(text);
}

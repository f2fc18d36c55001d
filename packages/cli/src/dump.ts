import { manifestKey } from '@datasens/core/catalog/manifest.ts';
import type { DumpRequest } from '@datasens/core/dump/dump-plan.ts';
import { type DumpResult, runDump } from '@datasens/core/dump/run-dump.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CliContext, openContext } from './context.ts';
import { interruption } from './interruption.ts';
import { formatBytes, printJson, printLines } from './output.ts';
import { parseMoment } from './parse-moment.ts';
import { progressLine } from './progress.ts';

interface DumpOptions {
  source: string;
  table: string[];
  format: 'custom' | 'plain';
  purpose: 'manual' | 'scheduled' | 'safety' | 'guarded';
  proof: 'content' | 'counts' | 'none';
  personal?: boolean;
  sensitive?: boolean;
  comment?: string;
  expires?: Pick<DumpRequest, 'expiresInDays' | 'expiresAt'>;
  json?: boolean;
}

export function addDump(program: Command): void {
  program
    .command('dump')
    .description('dump a database, read it back, and register it')
    .option('--source <name>', 'the database to dump, by its name in DATASENS_SOURCES', 'default')
    .option('--table <name>', 'only this table, with its partitions; may be repeated', collect, [])
    .addOption(
      new Option('--format <format>', 'custom restores selectively, plain is SQL')
        .choices(['custom', 'plain'])
        .default('custom'),
    )
    .option('--comment <text>', 'why, for whoever reads the audit')
    .option('--sensitive', 'encrypt all of it to DATASENS_RECIPIENTS before it is stored')
    .option('--personal', 'it holds personal data: it expires after 90 days unless --expires says otherwise')
    .option('--expires <term>', 'when it must be gone: 90d, or 2026-12-31, or 2026-12-31T18:00Z', parseTerm)
    .addOption(
      new Option('--purpose <purpose>', 'the lineage that it rotates with')
        .choices(['manual', 'scheduled', 'safety', 'guarded'])
        .default('manual'),
    )
    .addOption(
      new Option('--proof <level>', 'content hashes every row, counts only counts them')
        .choices(['content', 'counts', 'none'])
        .default('content'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A table is named as in SQL: t01_source, archive.t01_source, '"Été 2024"'. A name without a schema is looked up
along the search path. The audit tables are never dumped. What DATASENS_SENSITIVE names is encrypted unasked.

  $ datasens dump --table t01_source --table archive.t02_article --comment "before the clean-up"
  $ datasens dump --source crm --personal --sensitive --purpose scheduled --json`,
    )
    .action(async (options: DumpOptions) => {
      await using context = await openContext(interruption());
      using progress = progressLine();
      const result = await runDump({ ...context.deps, onProgress: progress.show }, requestOf(options, context));
      progress[Symbol.dispose]();
      if (options.json) printJson(toJson(result, context));
      else printLines(...toText(result, context));
    });
}

function requestOf(options: DumpOptions, { user }: CliContext): DumpRequest {
  const { source, table, format, purpose, proof, personal = false, sensitive = false, comment, expires } = options;
  return {
    source,
    tables: table,
    format,
    purpose,
    proof,
    personal,
    sensitive,
    user,
    ...(comment === undefined ? {} : { comment }),
    ...expires,
  };
}

function toJson({ prefix, manifest, proof, warnings }: DumpResult, { deps }: CliContext) {
  const { objects, dumpId, rows, format: manifestFormat, tables: _, ...described } = manifest;
  const key = `${prefix}${objects.data.key}`;
  return {
    dumpId,
    key,
    uri: deps.store.uriOf(key),
    sizeBytes: objects.data.sizeBytes,
    sha256: objects.data.sha256,
    ...described,
    manifest: { key: manifestKey(prefix), format: manifestFormat },
    objects: Object.fromEntries(
      Object.entries(objects).map(([role, object]) => [role, { ...object, key: `${prefix}${object.key}` }]),
    ),
    rows,
    tables: proof?.tables ?? null,
    sequences: proof?.sequences ?? null,
    materializedViews: proof?.materializedViews ?? null,
    largeObjects: proof?.largeObjects ?? null,
    warnings,
  };
}

function toText({ prefix, manifest, warnings }: DumpResult, { deps }: CliContext): string[] {
  const { objects, encryption, tables, proofLevel } = manifest;
  const { data } = objects;
  const rows = manifest.rows === null ? 'rows not counted' : `${manifest.rows.toLocaleString('en')} rows`;
  return [
    `dump ${manifest.dumpId} of ${manifest.source} is stored, read back and registered`,
    `  uri     ${deps.store.uriOf(`${prefix}${data.key}`)}`,
    `  size    ${formatBytes(data.sizeBytes)}`,
    `  sha256  ${data.sha256}`,
    `  proof   ${tables.toLocaleString('en')} tables, ${rows}${proofLevel === 'content' ? ', content hashed' : ''}`,
    ...(encryption ? [`  for     ${encryption.recipients.join(', ')}`] : []),
    ...(manifest.expiresAt ? [`  expires ${manifest.expiresAt}`] : []),
    ...warnings.map((warning) => `  warning ${warning}`),
  ];
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function parseTerm(value: string): Pick<DumpRequest, 'expiresInDays' | 'expiresAt'> {
  if (/^\d{4}-/.test(value)) return { expiresAt: parseMoment(value).toISOString() };
  const days = Number(/^(\d{1,5})d$/.exec(value)?.[1]);
  if (!(days > 0)) throw new InvalidArgumentError('Expected a number of days, such as 90d, or a day: 2026-12-31.');
  return { expiresInDays: days };
}

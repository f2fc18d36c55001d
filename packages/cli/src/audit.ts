import type { DumpRow } from '@datasens/core/audit/dump-row.ts';
import { listDumps } from '@datasens/core/audit/list-dumps.ts';
import type { DumpStatus, DumpType } from '@datasens/core/audit/new-dump.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { openContext } from './context.ts';
import { interruption } from './interruption.ts';
import { formatBytes, formatTable, printJson, printLines } from './output.ts';

interface AuditOptions {
  type?: DumpType;
  status?: DumpStatus;
  table?: string;
  since?: Date;
  limit: number;
  cursor?: string;
  json?: boolean;
}

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('list dumps and imports, newest first')
    .addOption(
      new Option('--type <type>', 'only this type').choices(['SQL', 'RAW', 'LOG', 'METRIC', 'VECTOR', 'IMPORT']),
    )
    .addOption(new Option('--status <status>', 'only this status').choices(['ACTIF', 'ARCHIVE', 'SUPPRIME']))
    .option('--table <name>', 'only those of this table (table_cible)')
    .option('--since <date>', 'only those made then or later: 2026-11-01, or with a time, in UTC', parseDate)
    .option('--limit <n>', 'how many on a page, 1 to 1000', Number, 50)
    .option('--cursor <cursor>', 'the next page, as the last one gave it')
    .option('--json', 'print one JSON document')
    .action(async ({ json, limit, cursor, ...filter }: AuditOptions) => {
      await using context = await openContext(interruption());
      const page = await listDumps(context.deps.db, filter, { limit, cursor });
      if (json) return printJson({ dumps: page.dumps, cursor: page.cursor ?? null });
      printLines(toTable(page.dumps), ...(page.cursor ? ['', `more: --cursor ${page.cursor}`] : []));
    });
}

function toTable(dumps: readonly DumpRow[]): string {
  if (dumps.length === 0) return 'no dumps';
  const header = ['id', 'type', 'status', 'created (UTC)', 'size', 'user', 'expires', 'key', 'comment'];
  const rows = dumps.map((dump) => [
    String(dump.dumpId),
    dump.type,
    `${dump.status ?? ''}${dump.legacy ? ' (legacy)' : ''}`,
    dump.createdAt?.slice(0, 19).replace('T', ' ') ?? '',
    dump.sizeBytes === null ? '' : formatBytes(dump.sizeBytes),
    dump.user ?? '',
    dump.expiresAt?.slice(0, 10) ?? '',
    dump.key,
    dump.comment ?? '',
  ]);
  return formatTable(header, rows, [0, 4]);
}

function parseDate(value: string): Date {
  const date = new Date(
    /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(value)
      ? `${value.replace(' ', 'T')}${value.length > 10 ? 'Z' : ''}`
      : value,
  );
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('Expected a date such as 2026-11-01 or 2026-11-01T08:00.');
  return date;
}

import { quoteQualified } from '../postgres/quote.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { DumpPlan } from './dump-plan.ts';

/** zstd came with 16; before, gzip at its fastest (docs/adr/0006-compression.md). */
const FIRST_MAJOR_WITH_ZSTD = 16;

interface ToolScope {
  readonly snapshotId: string;
  readonly toolMajor: number;
  /** Relations to leave out of a whole database. */
  readonly exclude: readonly RelationName[];
}

/** pg_dump's arguments for the data: of the whole database, or of the tables `selected`. */
export function dataArgs(
  format: DumpPlan['format'],
  scope: ToolScope,
  selected: readonly RelationName[] | null,
): string[] {
  const tables = selected
    ? [...selected.map(pattern('table')), '--strict-names']
    : scope.exclude.map(pattern('exclude-table'));
  return [...commonArgs(format, scope), ...tables];
}

/** pg_dump's arguments for the definitions of the whole database, which a selection needs around it. */
export function schemaArgs(scope: ToolScope): string[] {
  return [...commonArgs('custom', scope), '--schema-only', ...scope.exclude.map(pattern('exclude-table'))];
}

/** pg_dumpall's arguments for roles and tablespaces, through a connection to `database`. */
export function globalsArgs(database: string): string[] {
  // A name with '=' would be taken for a connection string; inside of one, quoted, every name is a name.
  const escaped = database.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return ['--globals-only', '--no-role-passwords', '--no-password', '-l', `dbname='${escaped}'`];
}

function commonArgs(format: DumpPlan['format'], { snapshotId, toolMajor }: ToolScope): string[] {
  const compression = toolMajor >= FIRST_MAJOR_WITH_ZSTD ? '--compress=zstd:1' : '--compress=1';
  return [
    `--format=${format}`,
    ...(format === 'custom' ? [compression] : []),
    `--snapshot=${snapshotId}`,
    // Whoever waits for a lock that the snapshot denies stands before pg_dump in the queue: give up, let go, retry.
    '--lock-wait-timeout=10s',
    '--no-password',
    // Names each table as it is reached.
    '--verbose',
  ];
}

/** The tools' patterns read a quoted name to the letter (psql manual, "Patterns"). */
const pattern =
  (option: 'table' | 'exclude-table') =>
  ({ schema, name }: RelationName) =>
    `--${option}=${quoteQualified(schema, name)}`;

import { isUtf8 } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { AppError } from '../errors.ts';
import type { ClientTools } from './client-tools.ts';
import { type RunningTool, startTool } from './run-tool.ts';

/** One entry of an archive's table of contents. */
export interface TocEntry {
  readonly id: number;
  /** As pg_dump calls it: `TABLE`, `TABLE DATA`, `FK CONSTRAINT`. */
  readonly kind: string;
  /**
   * `schema name owner` as printed: `-` where there is no schema, nothing where there is no owner, a space for every
   * line break. Names may hold spaces, so that it cannot be taken apart, only be compared with what is expected.
   */
  readonly name: string;
  /** All of it, as `pg_restore --use-list` takes it. */
  readonly line: string;
  /** Ids as printed, with repetitions; where the archive is of a part of a database, not all are there. */
  readonly dependsOn: readonly number[];
}

/**
 * An entry is `id; class oid KIND schema name owner`. The class, 0 where no catalog has the entry, tells `TABLE DATA`
 * from a `TABLE` in a schema named DATA. Kinds of several words stand here, up to those of PostgreSQL 18.
 */
const ENTRY = new RegExp(
  `^(\\d+); (?:${[
    '0 \\d+ (TABLE (?:DATA|ATTACH)|INDEX ATTACH|SEQUENCE (?:SET|OWNED BY)|MATERIALIZED VIEW DATA|STATISTICS DATA|' +
      'ROW SECURITY|SECURITY LABEL|DATABASE PROPERTIES|[A-Z]+)',
    '826 \\d+ (DEFAULT ACL)',
    '\\d+ \\d+ ((?:FK|CHECK) CONSTRAINT|MATERIALIZED VIEW|FOREIGN (?:TABLE|SERVER|DATA WRAPPER)|BLOB METADATA|' +
      'PUBLICATION TABLES IN SCHEMA|(?:PUBLICATION|SUBSCRIPTION) TABLE|ACCESS METHOD|EVENT TRIGGER|SHELL TYPE|' +
      'OPERATOR (?:CLASS|FAMILY)|PROCEDURAL LANGUAGE|TEXT SEARCH [A-Z]+|USER MAPPING|[A-Z]+)',
  ].join('|')}) (.*)$`,
  's',
);
const DEPENDENCIES = /^;\tdepends on: ([\d ]+)$/;

/**
 * Reads the table of contents of an archive in custom format, in its order. `archive` is iterated no further than its
 * header reaches, and left early. Throws its errors, the signal's reason, or `ToolFailed` for what is no archive.
 */
export async function readToc(
  tools: ClientTools,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<TocEntry[]> {
  const env = { PATH: process.env.PATH, LC_MESSAGES: 'C' };
  const tool = startTool(tools, 'pg_restore', { args: ['--list', '--verbose'], env, signal });
  const feeding = feed(tool, archive);
  const listing = output(tool);
  try {
    await Promise.all([listing, feeding]);
    return parseToc(await listing);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await tool.kill();
    // Nothing is left behind that still reads the archive.
    await Promise.allSettled([listing, feeding]);
  }
}

async function feed({ stdin }: RunningTool, archive: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of archive) {
    // Called without a doubt, if only with an error once the tool has what it wants and leaves.
    await new Promise((taken) => stdin.write(chunk, taken));
    if (stdin.destroyed) return;
  }
  stdin.end();
}

/** pg_restore prints names as the archive has them, in the encoding of the database. Latin stands for what is no UTF-8. */
async function output({ stdout, exited }: RunningTool): Promise<string> {
  const bytes = await buffer(stdout);
  await exited;
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}

/** Parses what `pg_restore --list --verbose` prints. Throws `ToolFailed` for a line that is none of its own. */
export function parseToc(listing: string): TocEntry[] {
  const toc: (TocEntry & { dependsOn: readonly number[] })[] = [];
  for (const line of listing.split('\n')) {
    const last = toc.at(-1);
    const [, ids] = DEPENDENCIES.exec(line) ?? [];
    if (ids !== undefined && last) last.dependsOn = ids.split(' ').map(Number);
    if (line === '' || line.startsWith(';')) continue;
    const [, id, derived, defaultAcl, catalogued, name] = ENTRY.exec(line) ?? [];
    const kind = derived ?? defaultAcl ?? catalogued;
    if (kind === undefined || name === undefined) {
      throw new AppError('ToolFailed', `pg_restore --list printed ${JSON.stringify(line)}, which is no entry`);
    }
    toc.push({ id: Number(id), kind, name, line, dependsOn: [] });
  }
  return toc;
}

/** The file for `pg_restore --use-list`. Entries are in the archive's order: a pipe cannot be read in any other. */
export function formatToc(entries: readonly TocEntry[]): string {
  return entries.map(({ line }) => `${line}\n`).join('');
}

const LOCKS: Readonly<Record<string, number>> = {
  // With the table for long values and its index, whether it has them or not: the list does not tell.
  TABLE: 3,
  'MATERIALIZED VIEW': 3,
  // Its rows come into a new table, which takes its place.
  'MATERIALIZED VIEW DATA': 5,
  // As an object and, a composite one, as a relation.
  TYPE: 2,
};

/** Those that lock nothing that another entry has not locked, or too rarely to count. */
const LOCKS_NOTHING = new Set(
  (
    'ENCODING,STDSTRINGS,SEARCHPATH,DATABASE,DATABASE PROPERTIES,TABLE DATA,TABLE ATTACH,INDEX ATTACH,SEQUENCE SET,' +
    'SEQUENCE OWNED BY,STATISTICS DATA,COMMENT,ACL,DEFAULT ACL,SECURITY LABEL,DEFAULT,CHECK CONSTRAINT,' +
    'FK CONSTRAINT,TRIGGER,RULE,POLICY,ROW SECURITY,BLOBS'
  ).split(','),
);

/** Large objects that pg_dump 17 and later puts into one entry at most, `first..last` by their ids. */
const MOST_LARGE_OBJECTS_AN_ENTRY = 1_000;

/**
 * About how many locks a restore of `entries` holds at its end, in one transaction: relations with their indexes,
 * objects that change their owner, large objects. It errs on the side of too many, up to twice as many; the extension's
 * own objects, and what stands in the target and is referred to, are not counted. To be compared with what a server has
 * room for, max_locks_per_transaction * (max_connections + max_prepared_transactions).
 */
export function countLocks(entries: readonly TocEntry[]): number {
  return entries.reduce((sum, entry) => sum + locksOf(entry), 0);
}

function locksOf({ kind, name }: TocEntry): number {
  if (kind === 'BLOB METADATA') {
    const [, first, last] = /^- (\d+)\.\.(\d+) /.exec(name) ?? [];
    return first && last ? Math.min(Number(last) - Number(first) + 1, MOST_LARGE_OBJECTS_AN_ENTRY) : 1;
  }
  return LOCKS_NOTHING.has(kind) ? 0 : (LOCKS[kind] ?? 1);
}

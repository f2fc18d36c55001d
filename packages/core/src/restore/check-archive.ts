import { AppError } from '../errors.ts';
import { countLocks, readToc, type TocEntry } from '../postgres/archive-toc.ts';
import type { ClientTools } from '../postgres/client-tools.ts';
import type { Proof } from '../postgres/proof.ts';
import type { RestoreTarget } from '../postgres/restore-target.ts';
import { findTable } from '../postgres/select-entries.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { type ArchiveEntries, chooseEntries } from './archive-entries.ts';
import type { RestorePlan } from './restore-plan.ts';

export interface ArchiveToCheck {
  readonly data: AsyncIterable<Uint8Array>;
  readonly tools: ClientTools;
  readonly tables: readonly string[];
  readonly policies: boolean;
  readonly intoSchema: string | null;
  /** Whether the dump itself is of selected tables. */
  readonly partial: boolean;
  readonly mode: RestorePlan['mode'];
  readonly proof: Proof;
  readonly target: DatabaseTarget;
  readonly state: RestoreTarget;
  readonly signal: AbortSignal;
}

/**
 * Reads an archive's table of contents for what is asked of it: which tables, and how many locks one transaction would
 * need. Throws `NotFound` (no such table in the dump), `ConfigError` (too few locks), `ToolFailed`.
 */
export async function checkArchive(
  options: ArchiveToCheck,
): Promise<
  Pick<RestorePlan, 'tables' | 'fromSchema'> &
    Pick<ArchiveEntries, 'entries' | 'warnings'> & { readonly toc: readonly TocEntry[]; readonly fits: boolean }
> {
  const { data, tools, mode, state, target, policies, intoSchema, partial, proof, signal } = options;
  const toc = await readToc(tools, data, signal);
  const selected = options.tables.length > 0 ? findTables(toc, options) : null;
  const { entries, warnings } = chooseEntries(toc, { mode, selected, policies, intoSchema, partial }, state);
  const locks = countLocks(entries);
  const fits = locks <= state.lockCapacity;
  if (mode !== 'create' && !fits) {
    throw new AppError(
      'ConfigError',
      `restoring in one transaction takes about ${locks} locks; ${describeTarget(target)} has room for ${state.lockCapacity}. ` +
        `Raise max_locks_per_transaction there, or restore into a database that does not exist yet (--into)`,
      { locks, lockCapacity: state.lockCapacity },
    );
  }
  return {
    tables: selected && { selected, proven: provenAmong(entries, toc, proof) },
    fromSchema:
      intoSchema === null ? null : onlySchema(selected ?? proof.tables.map(({ name }) => parseTableName(name))),
    toc,
    entries,
    fits,
    warnings,
  };
}

/** The schema that all of the tables are in. */
function onlySchema(tables: readonly { readonly schema?: string }[]): string {
  const [schema = 'public', ...more] = new Set(tables.map((table) => table.schema ?? 'public'));
  if (more.length === 0) return schema;
  throw new AppError(
    'InvalidInput',
    `--into-schema moves one schema, and the tables are in ${[schema, ...more].join(', ')}: name those of one (--table)`,
    { schemas: [schema, ...more] },
  );
}

/** The tables asked for: a name without a schema is one of `public`, or else the only one of its name. */
function findTables(toc: readonly TocEntry[], { tables, proof }: ArchiveToCheck): RelationName[] {
  const known = [...new Set(['public', ...proof.tables.map((table) => parseTableName(table.name).schema ?? 'public')])];
  return tables.map((text) => {
    const { schema, name } = parseTableName(text);
    const schemas = (schema === undefined ? known : [schema]).filter((candidate) =>
      findTable(toc, { schema: candidate, name }),
    );
    const [first, ...more] = schemas;
    if (first === undefined) throw new AppError('NotFound', `the dump has no table ${text}`, { table: text });
    if (more.length === 0 || first === 'public') return { schema: first, name };
    throw new AppError(
      'InvalidInput',
      `the dump has several tables ${text}, in the schemas ${schemas.join(', ')}: name one with its schema`,
      { table: text, schemas },
    );
  });
}

/** The tables of the proof that are among the entries. */
function provenAmong(entries: readonly TocEntry[], toc: readonly TocEntry[], { tables }: Proof): string[] {
  const chosen = new Set(entries.map(({ id }) => id));
  return tables.flatMap(({ name: display }) => {
    const { schema = 'public', name } = parseTableName(display);
    const entry = findTable(toc, { schema, name });
    return entry && chosen.has(entry.id) ? [display] : [];
  });
}

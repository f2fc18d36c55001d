import { cancelImportsOf, lockImports } from '../audit/ledger.ts';
import { AUDIT_TABLES } from '../audit/tables.ts';
import { AppError } from '../errors.ts';
import { findLoadTable, type LoadTable, placeOf } from '../postgres/load-table.ts';
import { lockTable, type TableLock } from '../postgres/lock-table.ts';
import { quoteIdentifier, quoteQualified } from '../postgres/quote.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { Attempt } from './attempt.ts';
import type { ImportRequest } from './import-request.ts';

const LOCK_TIMEOUT_MS = 30_000;
/** PostgreSQL manual, appendix K, "Limits". */
const MOST_NAME_BYTES = 63;

export interface TakenPlace extends RelationName {
  readonly isThere: boolean;
  /** The imports into a table of this name that went with it. */
  readonly cancelled: readonly number[];
}

/**
 * Where the import goes, with other imports kept out until the transaction ends; whether the table is there is known
 * from then on. Throws `InvalidInput` for tables that are not the caller's to fill, `NotFound` for a schema that is not
 * there, `Transient` where a restore is under way.
 */
export async function takePlace({ request, session }: Attempt): Promise<TakenPlace> {
  const table = await placeOf(session, parseTableName(request.table));
  refuseName(table);
  await lockImports(session, table);
  // Asked after the lock: whoever had it may have made the table.
  const isThere = (await findLoadTable(session, table)) !== undefined;
  const cancelled = isThere ? [] : await cancelImportsOf(session, table);
  return { ...table, isThere, cancelled };
}

/**
 * The table, locked as the import needs it. Throws `Conflict` for `fail`, and `Transient` naming who holds a lock, or for
 * rows that nobody has looked at before they are replaced.
 */
export async function takeTable(attempt: Attempt, table: RelationName): Promise<LoadTable | undefined> {
  const { request, target, session, deps } = attempt;
  if (request.ifExists === 'fail') {
    throw new AppError(
      'Conflict',
      `${quoteQualified(table.schema, table.name)} is there already: import with --if-exists append, replace or upsert`,
    );
  }
  if (request.ifExists === 'replace' && request.expectNew) {
    throw new AppError(
      'Transient',
      `${quoteQualified(table.schema, table.name)} was made since the import was inspected, and no dump of its rows: begin anew`,
    );
  }
  await lockTable(target, session, {
    table,
    mode: lockModeOf(request),
    patienceMs: patienceOf(request),
    signal: deps.signal,
  });
  // What it is now, it stays.
  return findLoadTable(session, table);
}

/** How long to wait for locks that others hold. */
export function patienceOf({ lockTimeoutMs = LOCK_TIMEOUT_MS }: Pick<ImportRequest, 'lockTimeoutMs'>): number {
  return lockTimeoutMs;
}

/** What the server would cut, or keep for itself or the audit. */
function refuseName({ schema, name }: RelationName): void {
  const nameBytes = Buffer.byteLength(name);
  if (nameBytes > MOST_NAME_BYTES) {
    throw new AppError(
      'InvalidInput',
      `${quoteIdentifier(name)} has ${nameBytes} bytes, and PostgreSQL keeps ${MOST_NAME_BYTES} of a name: give the table a shorter one`,
    );
  }
  const isOwn = AUDIT_TABLES.includes(name);
  if (!isOwn && !schema.startsWith('pg_') && schema !== 'information_schema') return;
  throw new AppError(
    'InvalidInput',
    `${quoteQualified(schema, name)} is a table ${isOwn ? 'of the audit' : 'of the system'}: nothing is imported into it`,
  );
}

function lockModeOf({ ifExists, evolve = false }: ImportRequest): TableLock['mode'] {
  if (ifExists === 'replace' || evolve) return 'access exclusive';
  // What is counted as updated stays the same until it is.
  return ifExists === 'upsert' ? 'share row exclusive' : 'row exclusive';
}

import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { AppError } from '@datasens/core/errors.ts';
import { migrateJournal } from './migrate-journal.ts';

/** The record of everything that happened, on disk: what is committed survives the end of the process and of the power. */
export interface Journal extends Disposable {
  /** All that `work` writes, or nothing of it. Throws `JournalFull`, having written nothing, where there is no room. */
  transaction<T>(work: () => T): T;
  run(sql: string, ...values: SQLInputValue[]): number;
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): Row[];
}

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** There is no room on disk, or the disk does not take what is written. The same work may succeed later. */
export class JournalFull extends Error {
  constructor(cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super(`the journal of the state machines cannot be written: ${what}. Make room, and it goes on by itself`, {
      cause,
    });
    this.name = 'JournalFull';
  }
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
// An open, write or sync that the disk refuses; the primary code is the low byte of the extended ones.
const SQLITE_IOERR = 10;

/**
 * Opens the journal, created if it is not there, and brought up to this version. One process has it at a time, for two
 * would take the same execution further. Throws `ConfigError` where another one has it, and for one of a later version.
 */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  // Its tokens and payloads are nobody else's.
  closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path);
  try {
    // Held until the process ends, however it ends.
    db.exec('pragma locking_mode = exclusive');
    db.exec('pragma journal_mode = wal');
    // An approver who was asked is not asked again after a power cut either.
    db.exec('pragma synchronous = full');
    migrateJournal(db, path);
  } catch (cause) {
    db.close();
    if (primaryCode(cause) !== SQLITE_BUSY) throw cause;
    throw new AppError('ConfigError', `another host runs the state machines of ${path}: stop it first`, { cause });
  }
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  return {
    transaction(work) {
      try {
        db.exec('begin immediate');
        const result = work();
        db.exec('commit');
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec('rollback');
        throw [SQLITE_FULL, SQLITE_IOERR].includes(primaryCode(error) ?? 0) ? new JournalFull(error) : error;
      }
    },
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
    get: (sql, ...values) => prepare(sql).get(...values),
    all: (sql, ...values) => prepare(sql).all(...values),
    [Symbol.dispose]: () => db.close(),
  };
}

function primaryCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}

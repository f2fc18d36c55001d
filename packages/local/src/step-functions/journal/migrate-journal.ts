import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '@datasens/core/errors.ts';
import { MIGRATIONS } from './schema.ts';

/** Brings a journal up to this version, each step whole or not at all. Throws `ConfigError` for one of a later version. */
export function migrateJournal(db: DatabaseSync, path: string): void {
  const version = Number(db.prepare('pragma user_version').get()?.user_version);
  if (version > MIGRATIONS.length) {
    throw new AppError(
      'ConfigError',
      `${path} was written by a later version of datasens: run that one, or a later one`,
    );
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index >= version) db.exec(`begin immediate; ${sql} pragma user_version = ${index + 1}; commit`);
  }
}

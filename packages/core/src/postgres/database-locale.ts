import type { Queryable } from './database.ts';

/** How a database sorts and classifies text. `create database` takes it, nothing can change it afterwards. */
export interface DatabaseLocale {
  /** Of the operating system, of ICU, or built into PostgreSQL (17). */
  readonly provider: 'libc' | 'icu' | 'builtin';
  readonly collate: string;
  readonly ctype: string;
  /** Of the provider, where it is not libc. */
  readonly locale?: string;
  readonly icuRules?: string;
}

const PROVIDERS: Readonly<Record<string, DatabaseLocale['provider']>> = { i: 'icu', b: 'builtin' };

export async function describeLocale(db: Queryable): Promise<DatabaseLocale> {
  // As JSON, because the columns differ from major to major: datlocprovider came with 15, daticulocale was renamed in 17.
  const { rows } = await db.query<{ row: Record<string, string | null> }>(
    'select to_jsonb(d) as row from pg_catalog.pg_database d where datname = current_database()',
  );
  const row = rows[0]?.row ?? {};
  const locale = row.datlocale ?? row.daticulocale;
  const rules = row.daticurules;
  return {
    provider: PROVIDERS[row.datlocprovider ?? ''] ?? 'libc',
    collate: row.datcollate ?? 'C',
    ctype: row.datctype ?? 'C',
    ...(locale ? { locale } : {}),
    ...(rules ? { icuRules: rules } : {}),
  };
}

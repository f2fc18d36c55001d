import type { Queryable } from './database.ts';

/**
 * Does `work` with these settings in force in the session, whether a transaction is open in it or not; afterwards they
 * are what they were. Where `work` has broken the open transaction, its rollback takes them back.
 */
export async function withSettings<T>(
  session: Queryable,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const names = Object.keys(settings);
  const { rows } = await session.query<{ value: string }>(
    'select pg_catalog.current_setting(name) as value from unnest($1::text[]) with ordinality as s(name, rank) order by rank',
    [names],
  );
  const set = (values: readonly string[]) =>
    session.query(
      'select pg_catalog.set_config(name, value, false) from unnest($1::text[], $2::text[]) as s(name, value)',
      [names, values],
    );
  await set(Object.values(settings));
  try {
    return await work();
  } finally {
    await set(rows.map(({ value }) => value)).catch(() => undefined);
  }
}

import type { Queryable } from '../postgres/database.ts';

/**
 * - `orphan` a dump that stands in the bucket and has no row: its id, and its prefix
 * - `undead` a tombstone of a dump whose row does not say SUPPRIME: the dump's id, and the tombstone's key
 * - `mark`   an event that the journal has lost, as a tombstone has it: its number, and its text
 * - `taken`  such an event that was restored, and that the journal is to have again
 */
export type Kind = 'orphan' | 'undead' | 'mark' | 'taken';

export interface Item {
  readonly number: number;
  readonly text: string;
}

/** What a rebuilding has found and does later. */
export interface Backlog {
  add(kind: Kind, items: readonly Item[]): Promise<void>;
  count(kind: Kind): Promise<number>;
  /** By their numbers; those of one number in the order in which they came. */
  pages(kind: Kind, size: number): AsyncGenerator<readonly Item[]>;
  /** Those of the numbers from `first` to `last`. */
  between(kind: Kind, first: number, last: number): Promise<readonly Item[]>;
}

/**
 * An empty one, in a temporary table of the session: a bucket may have more of it than a process should hold. The session
 * is another than that of the transaction which fills the audit, which may take back what it has done.
 */
export async function openBacklog(session: Queryable): Promise<Backlog> {
  // While the journal is read nothing is asked of it; before PostgreSQL 14 there is no such limit.
  await session.query(
    `create temporary table datasens_backlog
       (kind text, number bigint, rank bigint generated always as identity, item text, primary key (kind, number, rank));
     select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'`,
  );
  return {
    async add(kind, items) {
      if (items.length === 0) return;
      await session.query(
        `insert into pg_temp.datasens_backlog (kind, number, item)
         select $1, number, item from unnest($2::bigint[], $3::text[]) with ordinality as given (number, item, rank)
          order by rank`,
        [kind, items.map(({ number }) => number), items.map(({ text }) => text)],
      );
    },
    async count(kind) {
      const sql = 'select count(*) as count from pg_temp.datasens_backlog where kind = $1';
      const { rows } = await session.query<{ count: number }>(sql, [kind]);
      return rows[0]?.count ?? 0;
    },
    async *pages(kind, size) {
      for (let [number, rank] = [0, 0]; ; ) {
        const { rows } = await session.query<Item & { rank: number }>(
          `select number, rank, item as text from pg_temp.datasens_backlog
            where kind = $1 and (number, rank) > ($2, $3) order by number, rank limit $4`,
          [kind, number, rank, size],
        );
        const last = rows.at(-1);
        if (!last) return;
        yield rows;
        [number, rank] = [last.number, last.rank];
      }
    },
    async between(kind, first, last) {
      const { rows } = await session.query<Item>(
        `select number, item as text from pg_temp.datasens_backlog where kind = $1 and number between $2 and $3`,
        [kind, first, last],
      );
      return rows;
    },
  };
}

import type { Journal } from './journal.ts';

/** How far a schedule has come. */
export interface Mark {
  /** Of what expression this is; another one begins anew. */
  readonly expression: string;
  /** When it was first seen. */
  readonly anchor: number;
  /** Whatever was due until then was started. */
  readonly through: number;
}

export function findMark(journal: Journal, name: string): Mark | undefined {
  const row = journal.get('select expression, anchor, through from schedule where name = ?', name);
  if (!row) return undefined;
  return { expression: String(row.expression), anchor: Number(row.anchor), through: Number(row.through) };
}

export function putMark(journal: Journal, name: string, { expression, anchor, through }: Mark): void {
  journal.run(
    `insert into schedule (name, expression, anchor, through) values (?, ?, ?, ?)
     on conflict (name) do update set expression = excluded.expression, anchor = excluded.anchor, through = excluded.through`,
    name,
    expression,
    anchor,
    through,
  );
}

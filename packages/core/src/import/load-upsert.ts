import { AppError } from '../errors.ts';
import { quoteIdentifier, quoteQualified } from '../postgres/quote.ts';
import { type RowError, rowErrorOf } from '../postgres/row-error.ts';
import { sqlState } from '../postgres/server-error.ts';
import { CHECK_DEFERRED, type LoadJob, type LoadOutcome } from './load-job.ts';
import { loadInto } from './load-tolerant.ts';

const STAGED = 'pg_temp.datasens_upsert';
const PAGE = 1_000;
const NO_SUCH_INDEX = '42P10';

/**
 * Inserts the rows whose key is not in the table, and updates those whose key is. All rows are staged first, by the
 * tolerant path: a key that stands in the file twice is found before anything is changed, and its first row counts, the
 * others are rejects, as are rows without a key. The caller has kept other writers out of the table.
 */
export async function loadUpsert(job: LoadJob): Promise<LoadOutcome> {
  const { session, columns } = job;
  const staged = columns.map((_, index) => `c${index}`);
  const types = columns.map(({ sqlType }, index) => `c${index} ${sqlType}`);
  await session.query(
    `create temporary table datasens_upsert (line bigint primary key, raw text, ${types.join(', ')}) on commit drop`,
  );
  const outcome = await loadInto(job, {
    table: STAGED,
    columns: ['line', 'raw', ...staged],
    withSource: true,
  });
  if (outcome.kind !== 'loaded') return outcome;
  await rejectUnkeyed(job);
  const { inserted, updated } = await merge(job);
  await session.query(`drop table ${STAGED}`);
  return { ...outcome, rowsInserted: inserted, rowsUpdated: updated };
}

/** The staged columns of the key. */
function stagedKey({ columns, key }: LoadJob): string[] {
  return key.map((name) => `c${columns.findIndex((column) => column.name === name)}`);
}

async function rejectUnkeyed(job: LoadJob): Promise<void> {
  const { session, rejects } = job;
  const key = stagedKey(job);
  const isMissing = key.map((column) => `${column} is null`).join(' or ');
  for (;;) {
    const { rows } = await session.query<{ line: number; raw: string; first: number | null }>(
      `with ranked as (
         select line, raw, ${isMissing} as missing,
                first_value(line) over (partition by ${key.join(', ')} order by line) as first
           from ${STAGED}),
       unkeyed as (select * from ranked where missing or line <> first order by line limit ${PAGE})
       delete from ${STAGED} s using unkeyed u where s.line = u.line
       returning u.line, u.raw, case when not u.missing then u.first end as first`,
    );
    for (const { line, raw, first } of rows) {
      const reason = first === null ? 'its key is missing' : `line ${first} has the same key`;
      await rejects.add({ line, raw, reason });
    }
    if (rows.length < PAGE) return;
  }
}

interface Span {
  /** Lines, both inclusive. */
  readonly from: number;
  readonly to: number;
}

async function merge(job: LoadJob): Promise<{ inserted: number; updated: number }> {
  const { session, rejects } = job;
  const { rows: bounds } = await session.query<{ from: number | null; to: number | null }>(
    `select min(line) as "from", max(line) as "to" from ${STAGED}`,
  );
  let inserted = 0;
  let updated = 0;
  const { from, to } = bounds[0] ?? {};
  const spans: Span[] = typeof from === 'number' && typeof to === 'number' ? [{ from, to }] : [];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const merged = await tryMerge(job, span);
    if ('inserted' in merged) {
      inserted += merged.inserted;
      updated += merged.updated;
    } else if (span.from < span.to) {
      // The server does not say which row it was: halves tell.
      const middle = Math.floor((span.from + span.to) / 2);
      spans.push({ from: middle + 1, to: span.to }, { from: span.from, to: middle });
    } else {
      const { rows } = await session.query<{ raw: string }>(`select raw from ${STAGED} where line = $1`, [span.from]);
      await rejects.add({ line: span.from, raw: rows[0]?.raw ?? '', reason: merged.message });
    }
  }
  return { inserted, updated };
}

async function tryMerge(job: LoadJob, { from, to }: Span): Promise<{ inserted: number; updated: number } | RowError> {
  const { session, table, columns, key } = job;
  const target = quoteQualified(table.schema, table.name);
  const name = (column: string) => quoteIdentifier(column);
  const changed = columns.filter((column) => !key.includes(column.name));
  const sets = (changed.length > 0 ? changed : columns).map(
    (column) => `${name(column.name)} = excluded.${name(column.name)}`,
  );
  const matches = key.map((column, index) => `t.${name(column)} = s.${stagedKey(job)[index]}`).join(' and ');
  await session.query('savepoint datasens_span');
  try {
    const { rows } = await session.query<{ staged: number; known: number }>(
      `select count(*)::int8 as staged, count(*) filter (where exists (select from ${target} t where ${matches}))::int8 as known
         from ${STAGED} s where line between $1 and $2`,
      [from, to],
    );
    const { staged = 0, known = 0 } = rows[0] ?? {};
    const { rowCount } = await session.query(
      `insert into ${target} (${columns.map((column) => name(column.name)).join(', ')})
       overriding system value
       select ${columns.map((_, index) => `c${index}`).join(', ')} from ${STAGED} where line between $1 and $2 order by line
       on conflict (${key.map(name).join(', ')}) do update set ${sets.join(', ')}`,
      [from, to],
    );
    await session.query(CHECK_DEFERRED);
    if (rowCount === staged) {
      await session.query('release savepoint datasens_span');
      return { inserted: staged - known, updated: known };
    }
    await session.query('rollback to savepoint datasens_span');
    return { message: 'the server took the row and stored none: a trigger of the table suppressed it' };
  } catch (error) {
    if (sqlState(error) === NO_SUCH_INDEX) throw withoutIndex(target, key.map(name));
    const refused = rowErrorOf(error);
    if (refused === undefined) throw error;
    await session.query('rollback to savepoint datasens_span');
    return refused;
  }
}

function withoutIndex(target: string, key: readonly string[]): AppError {
  return new AppError(
    'InvalidInput',
    `${target} has no unique constraint on its key: create unique index on ${target} (${key.join(', ')})`,
  );
}

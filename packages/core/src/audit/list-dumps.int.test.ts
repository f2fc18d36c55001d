import { testAudit } from '@datasens/testkit/audit.ts';
import { expect, test } from 'vitest';
import type { Queryable } from '../postgres/database.ts';
import { type DumpFilter, listDumps } from './list-dumps.ts';

/** Ids of all pages. */
async function listAll(db: Queryable, filter: DumpFilter, limit: number): Promise<number[]> {
  const ids: number[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await listDumps(db, filter, { limit, cursor });
    expect(page.dumps.length).toBeLessThanOrEqual(limit);
    ids.push(...page.dumps.map(({ dumpId }) => dumpId));
    if (page.cursor === undefined) return ids;
    cursor = page.cursor;
  }
}

const ROWS = `insert into t38_dump_audit (dump_id, type, chemin, date_creation, statut, table_cible) values
  (1, 'SQL', 'k1', '2026-01-01 00:00:00.000001', 'ACTIF', null),
  (2, 'SQL', 'k2', '2026-01-01 00:00:00.000001', 'SUPPRIME', 'a'),
  (3, 'RAW', 'k3', '2026-01-01 00:00:00.000001', 'ACTIF', 'a'),
  (4, 'SQL', 'k4', null, 'ACTIF', null),
  (5, 'SQL', 'k5', null, 'ACTIF', null),
  (6, 'SQL', 'k6', '2026-01-01 00:00:00.000002', 'ACTIF', 'a'),
  (7, 'SQL', 'k7', '-infinity', 'ACTIF', null),
  (8, 'SQL', 'k8', 'infinity', 'ACTIF', null)`;

test.for([1, 2, 3, 8, 1000])('pages of %i give each dump once, newest first, undated ones last', async (limit) => {
  await using audit = await testAudit();
  await audit.server.sql(ROWS);
  expect(await listAll(audit.db, {}, limit)).toEqual([8, 6, 3, 2, 1, 7, 5, 4]);
});

test('a filter holds on every page', async () => {
  await using audit = await testAudit();
  await audit.server.sql(ROWS);
  expect(await listAll(audit.db, { type: 'RAW' }, 1)).toEqual([3]);
  expect(await listAll(audit.db, { status: 'SUPPRIME' }, 1)).toEqual([2]);
  expect(await listAll(audit.db, { table: 'a' }, 1)).toEqual([6, 3, 2]);
  expect(await listAll(audit.db, { since: new Date('2026-01-01T00:00:00Z'), table: 'a', type: 'SQL' }, 1)).toEqual([
    6, 2,
  ]);
});

test('a dump that arrives between two pages moves none of the others', async () => {
  await using audit = await testAudit();
  await audit.server.sql(ROWS);
  const first = await listDumps(audit.db, {}, { limit: 3 });
  await audit.server.sql(`insert into t38_dump_audit (dump_id, type, chemin) values (9, 'SQL', 'k9')`);
  const second = await listDumps(audit.db, {}, { limit: 3, cursor: first.cursor });
  expect(second.dumps.map(({ dumpId }) => dumpId)).toEqual([2, 1, 7]);
});

test('a bad limit, filter or cursor is bad input', async () => {
  await using audit = await testAudit();
  const forged = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
  const requests = [
    { limit: 0 },
    { limit: 1001 },
    { limit: 1.5 },
    { limit: 1, cursor: '' },
    { limit: 1, cursor: 'x' },
    { limit: 1, cursor: forged(['2026-01-01 00:00:00', '1']) },
    { limit: 1, cursor: forged(['2026-06-31 00:00:00', 1]) },
    { limit: 1, cursor: forged(["'; drop table t38_dump_audit; --", 1]) },
  ];
  for (const request of requests) {
    const refused = listDumps(audit.db, {}, request);
    await expect(refused, JSON.stringify(request)).rejects.toMatchObject({ name: 'InvalidInput' });
  }
  const refused = listDumps(audit.db, { since: new Date(Number.NaN) }, { limit: 1 });
  await expect(refused).rejects.toMatchObject({ name: 'InvalidInput' });
});

test('a page is found by the index, at the end as at the start', async () => {
  await using audit = await testAudit();
  await audit.server.sql(`insert into t38_dump_audit (type, chemin, date_creation)
    select 'SQL', 'k' || n, timestamp '2026-01-01' + n * interval '1 minute' from generate_series(1, 20000) n`);
  await audit.server.sql('analyze t38_dump_audit');
  const first = await listDumps(audit.db, {}, { limit: 50 });
  const plans: string[] = [];
  const explaining: Queryable = {
    query: async (sql, params) => {
      const { rows } = await audit.db.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, params);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return { rows: [], rowCount: 0 };
    },
  };
  await listDumps(explaining, {}, { limit: 50, cursor: first.cursor });
  const [dated] = plans;
  expect(dated).toMatch(/Index Scan Backward using idx_dump_audit_date/);
  expect(dated, 'the cursor is where the scan begins, not only a filter').toMatch(/Index Cond: .*date_creation <= /);
});

import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { afterLoss, auditRows } from '@datasens/testkit/audit-story.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { storeDaily } from '@datasens/testkit/expiry-world.ts';
import { expect, test } from 'vitest';
import type { BlobStore } from '../storage/blob-store.ts';
import { openBacklog } from './backlog.ts';
import { rebuild } from './rebuild.ts';

test('it gives back what it was given by numbers, page by page, each kind by itself', async () => {
  await using audit = await testAudit();
  await audit.db.session(async (session) => {
    const backlog = await openBacklog(session);
    await backlog.add(
      'orphan',
      [9, 3, 7].map((number) => ({ number, text: `first ${number}` })),
    );
    await backlog.add('orphan', []);
    await backlog.add(
      'orphan',
      [3, 1].map((number) => ({ number, text: `second ${number}` })),
    );
    await backlog.add('undead', [{ number: 5, text: 'another' }]);
    const pages: string[][] = [];
    for await (const page of backlog.pages('orphan', 2)) pages.push(page.map(({ text }) => text));
    expect(pages).toEqual([['second 1', 'first 3'], ['second 3', 'first 7'], ['first 9']]);
    expect(await backlog.count('orphan')).toBe(5);
    expect(await backlog.count('taken')).toBe(0);
    expect(await backlog.between('orphan', 7, 9)).toHaveLength(2);
  });
});

test('a server that ends idle sessions does not end a rebuilding', async () => {
  await using lost = await testAudit();
  await storeDaily(lost, 3);
  await using audit = await afterLoss(lost);
  await audit.server.sql(
    `do $$ begin execute format('alter database %I set idle_session_timeout to 100', current_database()); end $$`,
  );
  // While nothing is asked of it: until the session is idle for longer than the server allows, or gone.
  const list: BlobStore['list'] = async (...args) => {
    await until(async () => (await idleSessions(audit)).every(({ long }) => long));
    return await audit.store.list(...args);
  };
  await rebuild({ ...audit, store: { ...audit.store, list } }, { dryRun: false, despiteDamage: false, user: 'paul' });
  expect(await auditRows(audit)).toEqual(await auditRows(lost));
});

const idleSessions = ({ server }: TestAudit) =>
  server.sql<{ long: boolean }>(
    `select state_change < clock_timestamp() - interval '1 s' as long from pg_stat_activity
      where datname = current_database() and application_name = 'datasens audit' and state = 'idle'`,
  );

import { ADVISORY_CLASS } from '@datasens/core/audit/locks.ts';
import { DEFAULT_POLICY } from '@datasens/core/expiry/retention-policy.ts';
import type { Database } from '@datasens/core/postgres/database.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { testAudit } from '@datasens/testkit/audit.ts';
import { EXPIRY_NOW } from '@datasens/testkit/expiry-clock.ts';
import {
  daysAgo,
  deletionsOf,
  expectExpiryInvariants,
  expiryDeps,
  keysBelow,
  runExpiry,
  statusesOf,
  storeDaily,
} from '@datasens/testkit/expiry-world.ts';
import { storeDump, storedPrefix } from '@datasens/testkit/stored-dump.ts';
import { afterEach, expect, onTestFinished, test } from 'vitest';

/** Runs `meanwhile` before the `n`-th call that `counts`. */
function meanwhileAt(n: number, meanwhile: () => Promise<unknown>) {
  let calls = 0;
  return async (counts = true) => {
    if (!counts) return;
    calls += 1;
    if (calls === n) await meanwhile();
  };
}

test('two that are truly at it at once, the first without its lock, delete and certify each dump once', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  const second: unknown[] = [];
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown) => uncaught.push(error);
  process.on('uncaughtExceptionMonitor', onUncaught);
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', onUncaught));
  const passed = meanwhileAt(1, async () => {
    await audit.server.sql(
      `select pg_terminate_backend(pid, 30000) from pg_locks where locktype = 'advisory' and classid = ${ADVISORY_CLASS}
          and objid = 5 and database = (select oid from pg_database where datname = current_database())`,
    );
    second.push((await runExpiry(expiryDeps(audit))).outcomes);
  });
  const deleteVersion: BlobStore['deleteVersion'] = async (...args) => {
    await passed();
    await audit.store.deleteVersion(...args);
  };
  const first = await runExpiry({ ...expiryDeps(audit), store: { ...audit.store, deleteVersion } });
  expect(second).toMatchObject([{ done: 9, failed: 0, changed: 0 }]);
  expect(first.of(2)).toMatchObject({ action: 'remove', outcome: 'done' });
  expect(first.of(1)).toMatchObject({ outcome: 'changed', because: 'somebody else deleted it meanwhile' });
  expect(uncaught, 'the process goes on').toEqual([]);
  expect(await statusesOf(audit)).toMatchObject({ 1: 'SUPPRIME', 2: 'SUPPRIME', 3: 'ACTIF' });
  await expectExpiryInvariants(audit);
});

test('what somebody still writes below a dump, behind the page that is read, goes with it', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 8);
  const prefix = storedPrefix(1, { createdAt: daysAgo(7) });
  // The manifest has a listing of its own. The data of another attempt sort before those of the first page.
  const passed = meanwhileAt(1, () => audit.storage.outside.write(`${prefix}data.00.dump`, 'a slow first try'));
  const versions: BlobStore['versions'] = async (below, options) => {
    await passed(below === prefix && options?.cursor !== undefined);
    return audit.store.versions(below, { ...options, limit: 1 });
  };
  const { of } = await runExpiry({ ...expiryDeps(audit), store: { ...audit.store, versions } });
  expect(of(1)).toMatchObject({ action: 'remove', outcome: 'done' });
  expect((await deletionsOf(audit, 1)).at(-1)).toMatchObject({ deletedVersions: 4 });
  await expectExpiryInvariants(audit);
});

test('while somebody goes on writing below a dump it is not certified, and the next run finishes it', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 8);
  let writes = 0;
  const deleteVersion: BlobStore['deleteVersion'] = async (key, ...rest) => {
    await audit.store.deleteVersion(key, ...rest);
    if (!key.endsWith('/data.0f.dump')) return;
    writes += 1;
    await audit.storage.outside.write(key, `written ${writes} times`);
  };
  const { of } = await runExpiry({ ...expiryDeps(audit), store: { ...audit.store, deleteVersion } });
  expect(of(1)).toMatchObject({ outcome: 'failed', because: expect.stringMatching(/still has versions/) });
  expect((await deletionsOf(audit, 1)).map(({ phase }) => phase)).toEqual(['marked']);
  expect((await runExpiry(expiryDeps(audit))).of(1)).toMatchObject({ outcome: 'done' });
  await expectExpiryInvariants(audit);
});

test('rejects that come and go between the pages of a listing are each deleted once, and no other', async () => {
  await using audit = await testAudit();
  const put = (key: string) => audit.store.put(key, [Buffer.from('{}')]);
  for (let importId = 1; importId <= 5; importId += 1) {
    for (const name of ['reading.json', 'rejects.ndjson'])
      await put(`rejected/20260801T00000${importId}Z-${importId}/${name}`);
  }
  const passed = meanwhileAt(2, () => put('rejected/20261126T000000Z-6/rejects.ndjson'));
  const list: BlobStore['list'] = async (below, options) => {
    await passed(below === 'rejected/');
    return audit.store.list(below, { ...options, limit: 3 });
  };
  const { lines } = await runExpiry({ ...expiryDeps(audit), store: { ...audit.store, list } });
  expect(lines.map(({ dumpId, outcome }) => [dumpId, outcome])).toEqual([1, 2, 3, 4, 5].map((id) => [id, 'done']));
  expect(await keysBelow(audit.store, 'rejected/')).toEqual(['rejected/20261126T000000Z-6/rejects.ndjson']);
});

test('dumps that come and go between the pages of T38 make none be passed over, or taken twice', async () => {
  await using audit = await testAudit();
  await storeDaily(audit, 9);
  // Dumps of nobody's, a page of them, between those that stay and those that are to go.
  const add = (first: number, last: number, at: Date) =>
    audit.server.sql(
      `insert into t38_dump_audit (dump_id, type, chemin, minio_uri, date_creation)
       select i, 'SQL', 'by hand/' || i, 'x', $1::timestamp from generate_series(${first}, ${last}) i`,
      [at.toISOString().replace('Z', '')],
    );
  await add(1_000, 2_200, daysAgo(6.5));
  const passed = meanwhileAt(2, async () => {
    await add(3_000, 3_100, daysAgo(0));
    await audit.server.sql(`update t38_dump_audit set statut = 'SUPPRIME' where dump_id between 1700 and 2200`);
  });
  const query: Database['query'] = async (sql, params) => {
    await passed(/from t38_dump_audit where date_creation < 'infinity'/.test(sql));
    return audit.db.query(sql, params);
  };
  const { lines, of } = await runExpiry({ ...expiryDeps(audit), db: { ...audit.db, query } });
  for (const dumpId of [1, 2]) expect(of(dumpId)).toMatchObject({ action: 'remove', outcome: 'done' });
  expect(new Set(lines.map(({ dumpId }) => dumpId)).size).toBe(lines.length);
});

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

test.for([
  ['Pacific/Kiritimati', 'America/Los_Angeles'],
  ['America/Los_Angeles', 'Pacific/Kiritimati'],
] as const)('terms end at their moment, the machine in %s, the database in %s', async ([here, there]) => {
  await using audit = await testAudit();
  await audit.server.sql(
    `do $$ begin execute format('alter database %I set timezone to ''${there}''', current_database()); end $$`,
  );
  process.env.TZ = here;
  const moment = (seconds: number) => new Date(EXPIRY_NOW.getTime() + seconds * 1_000);
  await storeDump(audit, 1, { createdAt: daysAgo(90), expiresAt: moment(-1), lineage: 'a' });
  await storeDump(audit, 2, { createdAt: daysAgo(90), expiresAt: moment(1), lineage: 'b' });
  for (const stamp of ['20260829T002959Z-7', '20260829T003001Z-8']) {
    await audit.store.put(`rejected/${stamp}/rejects.ndjson`, [Buffer.from('{}')]);
  }
  const { lines } = await runExpiry(expiryDeps(audit), DEFAULT_POLICY);
  expect(lines.map(({ dumpId, action }) => [dumpId, action])).toEqual([
    [2, 'keep'],
    [1, 'expire'],
    [7, 'expire'],
  ]);
});

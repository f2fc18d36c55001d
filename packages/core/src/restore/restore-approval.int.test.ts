import { approvalEvents } from '@datasens/testkit/approval-world.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { changesAmong, countSteps, crashAt, faultyDatabase, type Steps } from '@datasens/testkit/fault.ts';
import { eventsOf, restoreWorld, textOf, withTarget } from '@datasens/testkit/restore-world.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { describe, expect, test } from 'vitest';
import { decideApproval } from '../approval/decide-approval.ts';
import { findApproval } from '../approval/find-approval.ts';
import { parseProtectedTables } from '../approval/protected-tables.ts';
import { requestApproval } from '../approval/request-approval.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import { runDump } from '../dump/run-dump.ts';
import { planRestore } from './plan-restore.ts';
import type { RestoreDeps } from './restore-deps.ts';
import { restoreDump } from './restore-dump.ts';
import type { RestoreRequest } from './restore-plan.ts';
import { runRestore } from './run-restore.ts';
import { wantApproval } from './want-approval.ts';

const GOLD = `create schema gold; create table gold.sales (id int primary key, title text);
  insert into gold.sales values (1, 'a'), (2, 'b'); create table plain (n int)`;
const REPLACE = { inPlace: true, clean: true };

/** A dump of `inSource`, and a target that has `inTarget`. */
async function goldWorld({ inSource = GOLD, inTarget = `${GOLD}; insert into gold.sales values (3, 'c')` } = {}) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await restoreWorld());
  await world.source.sql(inSource);
  const { manifest } = await runDump(world.deps, { user: 'claire' });
  const target = stack.use(await testDatabase());
  if (inTarget !== '') await target.sql(inTarget);
  const deps: RestoreDeps = withTarget(world.deps, target.url);
  const kept = stack.move();
  return {
    ...world,
    target,
    deps,
    sha256: manifest.objects.data.sha256,
    request: { dump: String(manifest.dumpId), into: 'target', user: 'claire', prove: true, ...REPLACE },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
type GoldWorld = Awaited<ReturnType<typeof goldWorld>>;

/** What claire has asked for, who restores, and marie has said yes to. */
async function approve({ audit, deps, request }: GoldWorld, other: { sha256?: string; execution?: string } = {}) {
  const wanted = await wantApproval(deps, await planRestore(deps, request));
  const asked = { ...(wanted ?? expect.unreachable()), user: 'claire', expiresInMs: 3_600_000, ...other };
  const { approvalId } = (await requestApproval(audit, asked)).approval;
  await decideApproval(audit, { approvalId, decision: 'approved', user: 'marie' });
  return approvalId;
}

const restore = ({ deps, request }: GoldWorld, more: Partial<RestoreRequest> = {}) =>
  runRestore(deps, { ...request, ...more });

/** Expects that the restore is refused so, with the target to the letter what it was, and that it did not begin. */
async function expectRefused(world: GoldWorld, message: RegExp, more: Partial<RestoreRequest> = {}) {
  const [before, events] = [await textOf(world.target.url), await eventsOf(world)];
  await expect(restore(world, more)).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(message),
  });
  expect(await textOf(world.target.url)).toBe(before);
  expect((await eventsOf(world)).slice(events.length).filter((event) => event !== 'ANNULE')).toEqual([]);
}

describe('without an approval', () => {
  test('a protected table is not replaced, and the remedy is told', async () => {
    await using world = await goldWorld();
    await expectRefused(world, /"gold"\."sales" is protected .*another person than claire.*workflow/s);
    await expectRefused(world, /"gold"\."sales" is protected/, { tables: ['gold.sales'] });
    expect(await restore(world, { tables: ['plain'] })).toMatchObject({ plan: { mode: 'in-place' } });
  });

  test.for([
    ['an empty database', '', {}],
    ['a schema that is not there yet', 'create table other ()', { inPlace: true, clean: false }],
  ] as const)('nor is one made in %s', async ([, inTarget, more]) => {
    await using world = await goldWorld({ inTarget });
    await expectRefused(world, /"gold"\."sales" is protected/, { inPlace: false, clean: false, ...more });
  });

  test('what decides is the schema that it goes to', async () => {
    const silver = GOLD.replaceAll('gold', 'silver');
    await using world = await goldWorld({
      inSource: silver,
      inTarget: `create schema silver; create table silver.t ()`,
    });
    const moved = { clean: false, tables: ['silver.sales'] };
    await expectRefused(world, /"gold"\."sales" is protected/, { ...moved, intoSchema: 'gold' });
    expect(await restore(world, { ...moved, intoSchema: 'bronze' })).toMatchObject({ comparison: { equal: true } });

    await using away = await goldWorld();
    const copy = { clean: false, tables: ['gold.sales'], intoSchema: 'copy' };
    expect(await restore(away, copy)).toMatchObject({ comparison: { equal: true } });
    expect(await away.target.sql('select count(*)::int as n from gold.sales')).toEqual([{ n: 3 }]);
  });

  test.for([
    ['a partition', 'create table facts (id int) partition by range (id)', 'gold.facts_1', 'facts'],
    ['the whole of a partition', 'create table gold.facts (id int) partition by range (id)', 'facts_1', 'gold.facts'],
  ])('%s that is protected is not replaced, where only the dump has it, too', async ([, whole, part, of]) => {
    const inSource = `create schema gold; ${whole}; create table ${part} partition of ${of} for values from (1) to (9)`;
    await using world = await goldWorld({ inSource, inTarget: '' });
    await expectRefused(world, /"gold"\."facts/, { inPlace: false, clean: false });
  });

  test.for(['create view gold.seen as select 1 as n', 'create materialized view gold.seen as select 1 as n'])(
    'nor is a view: %s',
    async (view) => {
      await using world = await goldWorld({
        inSource: `create schema gold; ${view}`,
        inTarget: `create schema gold; ${view}`,
      });
      await expectRefused(world, /"gold"\."seen" is protected/);
    },
  );

  test('a database that is not there yet needs none, nor does what the configuration does not protect', async () => {
    await using world = await goldWorld();
    await using fresh = futureDatabase();
    const deps = withTarget(world.deps, fresh.url);
    const { request } = world;
    expect(await runRestore(deps, { ...request, inPlace: false, clean: false })).toMatchObject({
      plan: { mode: 'create' },
    });
    expect(await dumpText(fresh.url)).toBe(await dumpText(world.source.url));
    const protectedTables = parseProtectedTables('[]', 'test');
    expect(await runRestore({ ...world.deps, protectedTables }, request)).toMatchObject({
      comparison: { equal: true },
    });
  });
});

describe('with an approval', () => {
  test('it is restored and proven, and the approval used, once', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world);
    expect(await restore(world, { approvalId })).toMatchObject({ comparison: { equal: true, level: 'content' } });
    expect(await dumpText(world.target.url)).toBe(await dumpText(world.source.url));
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'UTILISE' });
    expect(await approvalEvents(world.audit)).toEqual(['DEMANDE', 'APPROUVE', 'UTILISE']);
    expect(await eventsOf(world)).toEqual(expect.arrayContaining(['RESTAURE', 'UTILISE', 'RESTAURE', 'PROUVE']));
    await expectRefused(world, /counts once/, { approvalId });
  });

  test('who decides sees what it would do', async () => {
    await using world = await goldWorld();
    const { deps, request, sha256, target } = world;
    expect(await wantApproval(deps, await planRestore(deps, request))).toMatchObject({
      kind: 'restore',
      target: expect.stringMatching(new RegExp(`/${target.name}$`)),
      sha256,
      rows: 2,
      columns: null,
      changes: {
        doing: `restore of dump ${request.dump} in place of what is there`,
        schema: ['"gold"."sales" is replaced', '"public"."plain" is replaced'],
        schemaCount: 2,
        rowsBefore: 3,
        rowsAfter: 2,
      },
    });
    expect(await wantApproval(deps, await planRestore(deps, { ...request, tables: ['plain'] }))).toBeNull();
  });

  test('it is for that dump alone: another voids it', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world, { sha256: 'ab'.repeat(32) });
    await expectRefused(world, /the content has the SHA-256 .*It is void now/s, { approvalId });
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'ANNULE' });
  });

  test('it is for the tables as they were: one that was altered since voids it', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world);
    await world.target.sql('alter table gold.sales add column price numeric');
    await expectRefused(world, /schema of the target is another/, { approvalId });
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'ANNULE' });
  });

  test('one that was altered while the restore waited for it voids it, too', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world);
    await using holder = await sqlSession(world.target.url, 'holder');
    await holder.sql('begin; lock table gold.sales in share mode');
    const restoring = restore(world, { approvalId }).catch((error: unknown) => error);
    const waiting = `select from pg_locks where not granted and relation = 'gold.sales'::regclass`;
    await until(async () => (await world.target.sql(waiting)).length > 0);
    await holder.sql('alter table gold.sales add column price numeric; commit');
    expect(await restoring).toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(/schema of the target is another/),
    });
    expect(await world.target.sql('select count(*)::int as n, count(price)::int as price from gold.sales')).toEqual([
      { n: 3, price: 0 },
    ]);
  });

  test('a restore that fails uses none', async () => {
    await using world = await goldWorld();
    await world.target.sql('create view others as select * from gold.sales');
    const approvalId = await approve(world);
    await expect(restore(world, { approvalId })).rejects.toMatchObject({ name: 'Conflict' });
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'APPROUVE' });
  });

  test('killed after what it has used or decided is written, the same execution goes on with it, and uses it once', async () => {
    await using world = await goldWorld();
    const { audit, request, target, deps } = world;
    async function attempt(execution: string, steps: Steps) {
      const approvalId = await approve(world, { execution });
      const plan = { ...(await planRestore(deps, request)), approvalId };
      const crashing = { ...deps, execution, db: faultyDatabase(audit.db, steps) };
      await restoreDump(crashing, plan).catch(() => undefined);
      const { status } = await findApproval(audit.db, approvalId);
      expect(await restoreDump({ ...deps, execution }, plan)).toMatchObject({ compared: { rows: 2 } });
      expect(await findApproval(audit.db, approvalId)).toMatchObject({ status: 'UTILISE', usedBy: execution });
      expect(await target.sql('select count(*)::int as n from gold.sales')).toEqual([{ n: 2 }]);
      await target.sql(`insert into gold.sales values (3, 'c')`);
      return status;
    }
    const all = countSteps();
    await attempt('whole', all);
    const found: string[] = [];
    // From the end back to before the use.
    for (const n of changesAmong(all.taken).toReversed()) {
      found.push(await attempt(`march-${n}`, crashAt(n, 'after')));
      if (found.at(-1) === 'APPROUVE') break;
    }
    expect(found.at(-1)).toBe('APPROUVE');
    expect(found.length).toBeGreaterThan(3);
    const events = await approvalEvents(audit);
    expect(events.filter((event) => event === 'UTILISE')).toHaveLength(found.length + 1);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });
});

import { createHash } from 'node:crypto';
import { approvalEvents } from '@datasens/testkit/approval-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { crashAt, faultyDatabase } from '@datasens/testkit/fault.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { describe, expect, test } from 'vitest';
import { decideApproval } from '../approval/decide-approval.ts';
import { findApproval } from '../approval/find-approval.ts';
import { parseProtectedTables } from '../approval/protected-tables.ts';
import { requestApproval } from '../approval/request-approval.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import { parseDatabaseUrl } from '../postgres/target.ts';
import { bindApproval } from './approval-binding.ts';
import type { ImportRequest } from './import-request.ts';
import { openLoadSession } from './load-session.ts';
import { runImport } from './run-import.ts';
import { openFileSource } from './source/file-source.ts';

const FILE = 'id,title\n3,third\n4,fourth\n';
const GOLD = 'gold.sales';
const SETUP = `create schema gold; create table gold.sales (id int, title text);
  insert into gold.sales values (1, 'a'), (2, 'b')`;

async function goldWorld(options: Parameters<typeof importWorld>[0] = {}) {
  const world = await importWorld(options);
  await world.target.sql(SETUP);
  return world;
}

/** What claire has asked for, who imports, and marie has said yes to. */
async function approve({ audit, target, deps }: ImportWorld, content = FILE, execution?: string): Promise<number> {
  await using session = await openLoadSession(parseDatabaseUrl(target.url, 'target'));
  const place = { schema: 'gold', name: 'sales' };
  const binding = await bindApproval(deps, session, { place, patienceMs: 1_000 });
  const { tables: _, ...bound } = binding ?? expect.unreachable();
  const { approval } = await requestApproval(audit, {
    ...bound,
    sha256: createHash('sha256').update(content).digest('hex'),
    rows: 2,
    columns: 2,
    changes: {},
    user: 'claire',
    execution,
    expiresInMs: 3_600_000,
  });
  const { approvalId } = approval;
  await decideApproval(audit, { approvalId, decision: 'approved', user: 'marie' });
  return approvalId;
}

const load = (world: ImportWorld, request: Partial<ImportRequest> = {}, content = FILE) =>
  world.load(content, { table: GOLD, ...request });

const ids = async ({ target }: ImportWorld) =>
  (await target.sql<{ id: number }>('select id from gold.sales order by id')).map(({ id }) => Number(id));

const failures = async ({ audit }: ImportWorld) =>
  await audit.server.sql(`select from t39_dump_evenement where evenement in ('ECHEC', 'REJETE')`);

describe('without an approval', () => {
  test.for(['append', 'replace', 'upsert'] as const)(
    'a protected table is refused, with the remedy: %s',
    async (ifExists) => {
      await using world = await goldWorld();
      const key = ifExists === 'upsert' ? ['id'] : [];
      await expect(load(world, { ifExists, key })).rejects.toMatchObject({
        name: 'NotAllowed',
        message: expect.stringMatching(/"gold"\."sales" is protected .*another person than claire.*workflow/s),
      });
      expect(await ids(world)).toEqual([1, 2]);
    },
  );

  test('nothing is touched: nobody is kept waiting, and no load is begun', async () => {
    await using world = await goldWorld();
    await using holder = await sqlSession(world.target.url, 'holder');
    await holder.sql('begin; lock table gold.sales in access exclusive mode');
    const path = await world.file(FILE);
    await expect(world.loadFile(path, { table: GOLD, ifExists: 'replace', lockTimeoutMs: 1 })).rejects.toMatchObject({
      name: 'NotAllowed',
    });
    await holder.sql('rollback');
    expect(await failures(world)).toEqual([]);
  });

  test('a table that is not there yet, and one whose partition is protected', async () => {
    await using world = await goldWorld();
    await world.target.sql(`create table facts (id int, title text) partition by range (id);
      create table gold.facts_1 partition of facts for values from (1) to (9)`);
    for (const table of ['gold.new', 'public.facts']) {
      await expect(load(world, { table })).rejects.toMatchObject({ name: 'NotAllowed' });
    }
    expect(await load(world, { table: 'public.other' })).toMatchObject({ rowsInserted: 2 });
  });

  test('what is protected is what the configuration says', async () => {
    await using world = await goldWorld();
    await using source = await openFileSource(await world.file(FILE));
    const run = (patterns: string, table: string) =>
      runImport(
        { ...world.deps, protectedTables: parseProtectedTables(patterns, 'test') },
        { source, into: 'default', table, ifExists: 'append', user: 'claire' },
      );
    await expect(run('public.t', 'public.t')).rejects.toMatchObject({ name: 'NotAllowed' });
    expect(await run('public.t', GOLD)).toMatchObject({ rowsInserted: 2 });
    // What is in already writes nothing.
    expect(await run('gold.*', GOLD)).toMatchObject({ duplicateOf: { importId: 1 } });
  });
});

describe('with an approval', () => {
  test.for([false, true])('the rows go in, once: audit elsewhere %s', async (auditElsewhere) => {
    await using world = await goldWorld({ auditElsewhere });
    const approvalId = await approve(world);
    expect(await load(world, { approvalId })).toMatchObject({ rowsInserted: 2 });
    expect(await ids(world)).toEqual([1, 2, 3, 4]);
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'UTILISE' });
    expect(await approvalEvents(world.audit)).toEqual(['DEMANDE', 'APPROUVE', 'UTILISE']);
    await world.target.sql('delete from gold.sales where id > 2');
    await expect(load(world, { approvalId, force: true })).rejects.toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(/counts once/),
    });
    expect(await ids(world)).toEqual([1, 2]);
  });

  test('it is for that content alone, which is looked at once it has been read', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world);
    await expect(load(world, { approvalId }, `${FILE}5,fifth\n`)).rejects.toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(/the content has the SHA-256 .*It is void now/s),
    });
    expect(await ids(world)).toEqual([1, 2]);
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'ANNULE' });
  });

  test('it is for the table as it was: one that was altered since voids it', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world);
    await world.target.sql('alter table gold.sales add column price numeric');
    await expect(load(world, { approvalId })).rejects.toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(/schema of the target is another/),
    });
    expect(await ids(world)).toEqual([1, 2]);
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'ANNULE' });
  });

  test('one that was altered while the import waited for it voids it, too', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world);
    await using holder = await sqlSession(world.target.url, 'holder');
    await holder.sql('begin; alter table gold.sales add column price numeric');
    const importing = load(world, { approvalId, ifExists: 'replace' }).catch((error: unknown) => error);
    await until(async () => (await world.target.sql(`select from pg_locks where not granted`)).length > 0);
    await holder.sql('commit');
    expect(await importing).toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(/schema of the target is another/),
    });
    expect(await ids(world)).toEqual([1, 2]);
  });

  test('an import that fails uses none', async () => {
    await using world = await goldWorld();
    const approvalId = await approve(world, 'id,title\none,no number\n');
    const told = { headerRows: 1 };
    await expect(load(world, { approvalId, told }, 'id,title\none,no number\n')).rejects.toMatchObject({
      name: 'TooManyRejects',
    });
    expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'APPROUVE' });
  });

  test('killed after any step, the same execution goes on with it, and it is used once', async () => {
    await using world = await goldWorld({ auditElsewhere: true });
    const { deps, audit } = world;
    for (let n = 1; ; n += 1) {
      const execution = `march-${n}`;
      const content = `id,title\n${n + 9},other\n`;
      const approvalId = await approve(world, content, execution);
      await using source = await openFileSource(await world.file(content, `${execution}.csv`));
      const request = { source, into: 'default', table: GOLD, ifExists: 'append', user: 'claire' } as const;
      const steps = crashAt(n, 'after');
      const crashing = { ...deps, execution, db: faultyDatabase(audit.db, steps) };
      await runImport(crashing, request).catch(() => undefined);
      await runImport({ ...deps, execution }, { ...request, since: new Date(0) });
      expect(await findApproval(audit.db, approvalId)).toMatchObject({ status: 'UTILISE', usedBy: execution });
      expect((await ids(world)).filter((id) => id === n + 9)).toHaveLength(1);
      if (steps.taken.length < n) break;
    }
    const events = await approvalEvents(audit);
    expect(events.filter((event) => event === 'UTILISE')).toHaveLength(events.length / 3);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });
});

import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { findApproval } from '@datasens/core/approval/find-approval.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { approvalEvents, daysLater } from '@datasens/testkit/approval-world.ts';
import { askedApproval } from '@datasens/testkit/asked-approval.ts';
import { reconcileDeps, runReconcile } from '@datasens/testkit/reconcile-world.ts';
import { type WorkflowWorldOptions, workflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, test, vi } from 'vitest';

const KEY = 'inbox/gold.sales/march.csv';
const FILE = 'id,title,price\n3,third,9.5\n4,fourth,8\n';
const OLD = [1, 2];
const NEW = [3, 4];

const yes = { decision: 'approved', user: 'claire' } as const;
const no = { decision: 'rejected', user: 'claire', comment: 'the figures of March are missing' } as const;

/** A table of Gold, a file in the inbox for it, and people who decide. */
async function goldWorld(options: WorkflowWorldOptions = {}) {
  const world = await workflowWorld(options);
  const { audit, source } = world.dumps;
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', world.api.url);
  await source.sql(`create schema gold; create table gold.sales (id int, title text);
    insert into gold.sales values (1, 'a'), (2, 'b')`);
  const { etag } = await audit.store.put(KEY, [Buffer.from(FILE)]);
  const input = { key: KEY, etag, table: 'gold.sales', evolve: true, user: 'paul' };
  return {
    ...world,
    audit,
    source,
    /** Starts the import, and gives the approval that it then waits for. */
    async ask(more = {}) {
      const arn = world.start('import', { ...input, ...more }, 'march');
      return { arn, approvalId: await askedApproval(world, arn, 'march') };
    },
    decide: (approvalId: number, decision: typeof yes | typeof no | { readonly decision: 'approved'; user: string }) =>
      decideApproval(audit, { approvalId, ...decision }),
    async ids() {
      const rows = await source.sql<{ id: number }>('select id from gold.sales order by id');
      return rows.map(({ id }) => Number(id));
    },
    /** The places where a file stands, without what changes from one run to the next. */
    async places() {
      const blobs = await Promise.all(['inbox/', 'imported/', 'rejected/'].map((prefix) => audit.store.list(prefix)));
      return blobs.flatMap((each) => each.blobs.map(({ key }) => key.slice(0, key.indexOf('/'))));
    },
    /** What the approvers were told. */
    asked: () =>
      world.told.map((message) => JSON.stringify(message)).filter((text) => text.includes('datasens approve')),
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      await world[Symbol.asyncDispose]();
    },
  };
}

test('an import into Gold waits for another person, who sees what it would do; approved, the rows are in', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  const [{ name }] = (await world.source.sql<{ name: string }>('select current_database() as name')) as [
    { name: string },
  ];
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({
    kind: 'import',
    target: `${name}.gold.sales`,
    execution: 'march',
    requestedBy: 'paul',
    status: 'EN_ATTENTE',
    rows: 2,
    columns: 3,
    changes: {
      doing: 'append',
      schema: ['column "price" numeric is added'],
      schemaCount: 1,
      rowsBefore: 2,
      rowsAfter: 4,
    },
  });
  expect(world.asked()).toEqual([expect.stringMatching(`paul wants to import into ${name}.gold.sales`)]);
  expect(await world.ids()).toEqual(OLD);

  await expect(world.decide(approvalId, { decision: 'approved', user: 'Paul' })).rejects.toMatchObject({
    name: 'NotAllowed',
  });
  expect(world.statusOf(arn)).toBe('RUNNING');

  expect(await world.decide(approvalId, yes)).toMatchObject({ waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { rowsInserted: 2 } });
  expect(await world.ids()).toEqual([...OLD, ...NEW]);
  expect(await world.places()).toEqual(['imported']);
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'UTILISE', usedBy: 'march' });
  expect(world.told).toHaveLength(1);
  expect(await verifyJournal(world.audit)).toMatchObject({ ok: true, problems: [] });
});

test('the dump of what is replaced is made once it is approved', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask({ ifExists: 'replace' });
  expect(await world.dumps.dumpKeys()).toEqual([]);
  await world.decide(approvalId, yes);
  expect(await world.ended(arn)).toMatchObject({
    status: 'SUCCEEDED',
    output: { safetyDump: { dumpId: expect.any(Number) } },
  });
  expect(await world.ids()).toEqual(NEW);
});

test('rejected, nothing is in, and the file is out of the inbox', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  await world.decide(approvalId, no);
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/rejected by claire: the figures of March are missing/),
  });
  expect(await world.ids()).toEqual(OLD);
  expect(await world.places()).toEqual(['rejected']);
});

test('nobody has decided in time: nothing is in, and the file is out of the inbox', async () => {
  await using world = await goldWorld();
  const { arn } = await world.ask();
  await runReconcile({ ...reconcileDeps(daysLater(world.audit, 4), 4), sources: new Map() });
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/expired .*nobody has decided/),
  });
  expect(await world.places()).toEqual(['rejected']);
});

test('a state whose time is over ends by the same name, with the file out of the inbox', async () => {
  await using world = await goldWorld();
  world.faults.push({ functionName: 'approval', error: 'States.Timeout' });
  const { arn } = await world.ask();
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/nobody has decided on the approval in time/),
  });
  expect(await world.places()).toEqual(['rejected']);
});

test.for(['NotAllowed', 'ToolFailed'])(
  'where nobody could be asked (%s) the file stays, and a redrive asks',
  async (error) => {
    await using world = await goldWorld();
    world.faults.push({ functionName: 'approval', error });
    const { arn } = await world.ask();
    expect(await world.ended(arn)).toMatchObject({ status: 'FAILED', error });
    expect(await world.places()).toEqual(['inbox']);
    world.api.world.engine.redrive(arn);
    await world.decide(await askedApproval(world, arn, 'march#1'), yes);
    expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.ids()).toEqual([...OLD, ...NEW]);
  },
);

test('a schema that was altered after the request voids the approval; a redrive asks anew', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  await world.source.sql('alter table gold.sales add column seller text');
  await world.decide(approvalId, yes);
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/schema of the target is another.*void/),
  });
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'ANNULE' });
  expect(await world.ids()).toEqual(OLD);
  expect(await world.places()).toEqual(['inbox']);

  world.api.world.engine.redrive(arn);
  const again = await askedApproval(world, arn, 'march#1', 2);
  expect(again).not.toBe(approvalId);
  await world.decide(again, yes);
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.ids()).toEqual([...OLD, ...NEW]);
  expect(await approvalEvents(world.audit)).toEqual([
    'DEMANDE',
    'APPROUVE',
    'ANNULE',
    'DEMANDE',
    'APPROUVE',
    'UTILISE',
  ]);
});

test('a file that was put in its place after the request is not imported', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  await world.audit.store.put(KEY, [Buffer.from(`${FILE}5,smuggled,1\n`)]);
  await world.decide(approvalId, yes);
  expect(await world.ended(arn)).toMatchObject({ status: 'FAILED', error: 'Conflict' });
  expect(await world.ids()).toEqual(OLD);
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'APPROUVE', usedBy: null });
});

test('begun again while it waits, it asks nobody again, and is heard', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  for (let times = 0; times < 2; times += 1) await world.api.restart();
  expect(await world.decide(approvalId, yes)).toMatchObject({ waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(world.called.filter((name) => name === 'approval')).toHaveLength(1);
  expect(world.asked()).toHaveLength(1);
  expect(await approvalEvents(world.audit)).toEqual(['DEMANDE', 'APPROUVE', 'UTILISE']);
});

test('an import that is asked for again once it is done uses its approval once', async () => {
  await using world = await goldWorld();
  world.faults.push({ functionName: 'import', error: 'Transient', when: 'after' });
  const { arn, approvalId } = await world.ask();
  await world.decide(approvalId, yes);
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { rowsInserted: 2 } });
  expect(await world.ids()).toEqual([...OLD, ...NEW]);
  expect(await approvalEvents(world.audit)).toEqual(['DEMANDE', 'APPROUVE', 'UTILISE']);
});

test('where no approver can be told the request stands, and is found', async () => {
  await using world = await goldWorld({ environment: { DATASENS_NOTIFY_WEBHOOK: 'https://127.0.0.1:1/hook' } });
  const { arn, approvalId } = await world.ask();
  expect(await world.decide(approvalId, yes)).toMatchObject({ waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
});

test('what is in already asks nobody', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  await world.decide(approvalId, yes);
  await world.ended(arn);
  const { etag } = await world.audit.store.put(KEY, [Buffer.from(FILE)]);
  const input = { key: KEY, etag, table: 'gold.sales', evolve: true, user: 'paul' };
  expect(await world.run('import', input, 'again')).toMatchObject({
    status: 'SUCCEEDED',
    output: { duplicateOf: { importId: 1 } },
  });
  expect(world.asked()).toHaveLength(1);
});

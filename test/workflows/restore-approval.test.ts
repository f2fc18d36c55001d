import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { findApproval } from '@datasens/core/approval/find-approval.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { alter } from '@datasens/testkit/alter.ts';
import { approvalEvents, daysLater } from '@datasens/testkit/approval-world.ts';
import { askedApproval } from '@datasens/testkit/asked-approval.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { reconcileDeps, runReconcile } from '@datasens/testkit/reconcile-world.ts';
import { type WorkflowWorldOptions, workflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, test, vi } from 'vitest';
import { failuresOf } from './failures-of.ts';

const yes = { decision: 'approved', user: 'claire' } as const;
const no = { decision: 'rejected', user: 'claire', comment: 'the quarter is closed' } as const;

/** A table of Gold, its dump, what has become of it since, and people who decide. */
async function goldWorld(options: WorkflowWorldOptions = {}) {
  const world = await workflowWorld(options);
  const { audit, source, deps } = world.dumps;
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', world.api.url);
  await source.sql(`create schema gold; create table gold.sales (id int, title text);
    insert into gold.sales values (1, 'a'), (2, 'b')`);
  const wanted = await dumpText(source.url);
  const { manifest, prefix } = await runDump(deps, { user: 'paul' });
  await source.sql(`insert into gold.sales values (3, 'c')`);
  const input = { user: 'paul', dump: String(manifest.dumpId), inPlace: true, clean: true, prove: true };
  return {
    ...world,
    audit,
    source,
    manifest,
    /** As it was when it was dumped, and as it is before it is restored. */
    wanted,
    untouched: await dumpText(source.url),
    input,
    /** Starts the restore, and gives the approval that it then waits for. */
    async ask(more = {}) {
      const arn = world.start('restore', { ...input, ...more }, 'undo');
      return { arn, approvalId: await askedApproval(world, arn, 'undo') };
    },
    decide: (approvalId: number, decision: typeof yes | typeof no | { readonly decision: 'approved'; user: string }) =>
      decideApproval(audit, { approvalId, ...decision }),
    alterDump: () => alter(world.dumps, `${prefix}${manifest.objects.data.key}`),
    text: () => dumpText(source.url),
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      await world[Symbol.asyncDispose]();
    },
  };
}

test('a restore over Gold waits for another person, who sees what it would do; approved, it is restored and proven', async () => {
  await using world = await goldWorld();
  const { manifest } = world;
  const { arn, approvalId } = await world.ask();
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({
    kind: 'restore',
    target: expect.stringMatching(new RegExp(`/${new URL(world.source.url).pathname.slice(1)}$`)),
    sha256: manifest.objects.data.sha256,
    execution: 'undo',
    requestedBy: 'paul',
    status: 'EN_ATTENTE',
    rows: 2,
    columns: 2,
    changes: {
      doing: `restore of dump ${manifest.dumpId} in place of what is there`,
      schema: ['"gold"."sales" is replaced'],
      rowsBefore: 3,
      rowsAfter: 2,
    },
  });
  await expect(world.decide(approvalId, { decision: 'approved', user: 'Paul' })).rejects.toMatchObject({
    name: 'NotAllowed',
  });
  expect(world.statusOf(arn)).toBe('RUNNING');
  // Nobody dumps what is replaced before anybody has said that it may be.
  expect(world.called).toEqual(['check-restore', 'approval']);
  expect(await world.text()).toBe(world.untouched);

  expect(await world.decide(approvalId, yes)).toMatchObject({ waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({
    status: 'SUCCEEDED',
    output: { dumpId: manifest.dumpId, mode: 'in-place', proven: true, rows: 2, safetyDumpId: expect.any(Number) },
  });
  expect(await world.text()).toBe(world.wanted);
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'UTILISE', usedBy: 'undo' });
  expect(await verifyJournal(world.audit)).toMatchObject({ ok: true, problems: [] });
});

test('rejected, nothing is touched, and it fails by name', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  await world.decide(approvalId, no);
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/rejected by claire: the quarter is closed/),
  });
  expect(await world.text()).toBe(world.untouched);
  expect(world.called).not.toContain('restore');
  expect(await failuresOf(world, 'undo')).toEqual([['NotAllowed', null]]);
});

test('nobody has decided in time: nothing is touched', async () => {
  await using world = await goldWorld();
  const { arn } = await world.ask();
  await runReconcile({ ...reconcileDeps(daysLater(world.audit, 4), 4), sources: new Map() });
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/expired .*nobody has decided/),
  });
  expect(await world.text()).toBe(world.untouched);
});

test('a state whose time is over ends by the same name', async () => {
  await using world = await goldWorld();
  world.faults.push({ functionName: 'approval', error: 'States.Timeout' });
  const { arn } = await world.ask();
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/nobody has decided on the approval in time/),
  });
});

test('tables that were altered after the request void the approval; a redrive asks anew', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  await world.source.sql('alter table gold.sales add column seller text');
  const altered = await world.text();
  await world.decide(approvalId, yes);
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/schema of the target is another.*void/),
  });
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'ANNULE' });
  expect(await world.text()).toBe(altered);

  world.api.world.engine.redrive(arn);
  // The dump of what is replaced was waited for in between.
  const again = await askedApproval(world, arn, 'undo#1', 3);
  expect(again).not.toBe(approvalId);
  await world.decide(again, yes);
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.text()).toBe(world.wanted);
  expect(await findApproval(world.audit.db, again)).toMatchObject({ status: 'UTILISE', usedBy: 'undo#1' });
});

test('a dump that was altered after the request is not restored, and nobody else has its approval', async () => {
  await using world = await goldWorld();
  const { arn, approvalId } = await world.ask();
  await world.alterDump();
  await world.decide(approvalId, yes);
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: expect.stringMatching(/^(Conflict|CorruptDump)$/),
  });
  expect(await world.text()).toBe(world.untouched);
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'APPROUVE', usedBy: null });
});

test('begun again while it waits, and asked for again once it is done: it asks once, and uses it once', async () => {
  await using world = await goldWorld();
  world.faults.push({ functionName: 'restore', error: 'Transient', when: 'after' });
  const { arn, approvalId } = await world.ask();
  await world.api.restart();
  expect(await world.decide(approvalId, yes)).toMatchObject({ waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.text()).toBe(world.wanted);
  expect(await approvalEvents(world.audit)).toEqual(['DEMANDE', 'APPROUVE', 'UTILISE']);
});

test('as a task it is restored by the same approval', async () => {
  await using world = await goldWorld();
  world.faults.push({ functionName: 'restore', error: 'DeadlineExceeded' });
  const { arn, approvalId } = await world.ask();
  await world.decide(approvalId, yes);
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(world.called).toContain('restore as task');
  expect(await findApproval(world.audit.db, approvalId)).toMatchObject({ status: 'UTILISE', usedBy: 'undo' });
});

test('a new database needs none, nor does what is not protected', async () => {
  await using copy = futureDatabase();
  await using world = await goldWorld({ environment: { DATASENS_SOURCES: JSON.stringify({ copy: copy.url }) } });
  const { user, dump } = world.input;
  expect(await world.run('restore', { user, dump, into: 'copy', prove: true })).toMatchObject({
    status: 'SUCCEEDED',
    output: { mode: 'create' },
  });
  expect(await dumpText(copy.url)).toBe(world.wanted);
  vi.stubEnv('DATASENS_PROTECTED', 'silver.*');
  expect(await world.run('restore', world.input)).toMatchObject({ status: 'SUCCEEDED', output: { mode: 'in-place' } });
  expect(world.called).not.toContain('approval');
});

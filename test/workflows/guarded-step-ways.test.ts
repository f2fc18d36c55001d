import { readFileSync } from 'node:fs';
import { findApproval } from '@datasens/core/approval/find-approval.ts';
import { listRecentSteps } from '@datasens/core/audit/guarded-step.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { releaseStep } from '@datasens/core/guard/release-step.ts';
import { machineArn } from '@datasens/local/step-functions/arns.ts';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import { approvalEvents } from '@datasens/testkit/approval-world.ts';
import { askedApproval } from '@datasens/testkit/asked-approval.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { type Etl, failing, type StepWorld, stepWorld } from '@datasens/testkit/step-world.ts';
import type { WorkflowWorldOptions } from '@datasens/testkit/workflow-world.ts';
import { expect, test } from 'vitest';
import { crashingHost } from './crashing-host.ts';
import { failuresOf } from './failures-of.ts';

const TABLES = `create schema gold; create table gold.sales (id int primary key, title text);
  insert into gold.sales values (1, 'a'), (2, 'b'); create table public.t as select 1 as n; create table other ()`;
const definition = JSON.parse(
  readFileSync(new URL('../../workflows/guarded-step.asl.json', import.meta.url), 'utf8'),
) as { readonly TimeoutSeconds: number };
const GOLD = { tables: ['gold.sales'], exclusive: true };
const SHARED = { tables: ['gold.sales'], approvalHours: 1 };

/** Leaves half of its work, and fails. */
const breaking: Etl = async (_, { dumps }) => {
  await dumps.source.sql(`delete from gold.sales where id = 1; alter table gold.sales add column half text`);
  return failing();
};

/** The steps on the tables above, and what those were before. */
async function tables(rule: JsonObject, etl: Etl, options: WorkflowWorldOptions = {}) {
  const absent = { ...rule, machine: machineArn('none') };
  const world = await stepWorld({ enrich: rule, absent }, etl, options);
  await world.dumps.source.sql(TABLES);
  return Object.assign(world, { before: await textOf(world) });
}

const textOf = ({ dumps }: StepWorld) => dumpText(dumps.source.url);
const run = (world: StepWorld, name: string, input: JsonObject = {}) =>
  world.run('guarded-step', { user: 'paul', step: 'enrich', ...input }, name);

async function redrive(world: StepWorld, arn: string) {
  world.api.world.engine.redrive(arn);
  return await world.ended(arn);
}

/** How the steps stand, by their executions. */
async function outcomes({ dumps }: StepWorld): Promise<string[]> {
  const steps = await listRecentSteps(dumps.audit.db, new Date());
  return steps.map(({ execution, ended, owed }) => `${execution}: ${ended?.outcome ?? (owed ? 'owed' : 'under way')}`);
}

test('a function is told what it is about, and callers name a step alone', async () => {
  await using world = await tables(GOLD, async ({ dumpId }, { dumps }) => {
    const [dump] = await dumps.audit.server.sql<{ key: string }>(
      `select chemin as key from t38_dump_audit where statut = 'ACTIF' and dump_id = $1`,
      [dumpId],
    );
    return dump?.key ?? null;
  });
  const ended = await run(world, 'usual', { input: { month: '2026-11' } });
  const { dumpId, result } = ended.output;
  // Verified and committed before it was called.
  expect(result).toMatch(/^dumps\/SQL\/default\/guarded-tables-/);
  expect(world.payloads).toEqual([
    {
      execution: 'usual',
      step: 'enrich',
      source: 'default',
      tables: ['"gold"."sales"'],
      dumpId,
      input: { month: '2026-11' },
    },
  ]);
  const [step] = await listRecentSteps(world.dumps.audit.db, new Date());
  const hold = Date.parse(step?.until ?? '') - Date.parse(step?.startedAt ?? '');
  // As long as the execution may take.
  expect(hold).toBeGreaterThanOrEqual(definition.TimeoutSeconds * 1_000);
  expect(step).toMatchObject({ calls: { kind: 'function', name: 'etl' }, ended: { outcome: 'done', user: 'paul' } });

  expect(await run(world, 'other', { step: 'purge' })).toMatchObject({
    error: 'InvalidInput',
    cause: expect.stringMatching(/no step .{1,4}purge.{1,4}\. Known steps: enrich, absent/),
  });
  expect(await run(world, 'own', { function: 'mine' })).toMatchObject({ error: 'InvalidInput' });
  expect(world.payloads).toHaveLength(1);

  // What has succeeded is not called anew.
  world.faults.push({ functionName: 'end-step', error: 'ToolFailed' });
  const unsaid = await run(world, 'unsaid');
  expect(unsaid).toMatchObject({ error: 'ToolFailed', cause: expect.stringMatching(/has succeeded/) });
  expect(await redrive(world, unsaid.arn)).toMatchObject({
    status: 'SUCCEEDED',
    output: { result: expect.any(String) },
  });
  expect(world.payloads).toHaveLength(2);
  expect(await outcomes(world)).toEqual(['usual: done', 'unsaid: done']);
});

test('what fails half done over Gold is undone unasked, where nothing else has written', async () => {
  const crashing = crashingHost();
  await using world = await tables(GOLD, breaking, { wrap: crashing.wrap });
  const arn = world.start('guarded-step', { user: 'paul', step: 'enrich' }, 'broken');
  // The function, which may be called twice where the host is killed, fails each time.
  world.does(async (payload, its) => {
    await its.dumps.source.sql(`drop table gold.sales`).catch(() => undefined);
    return await breaking(payload, its).catch(() => failing());
  });
  const { ended } = await crashing.run(world, arn);
  expect(ended).toMatchObject({
    status: 'FAILED',
    error: 'ModelError',
    cause: expect.stringMatching(/"the model is broken\. Its tables were restored from dump \d+"/),
  });
  expect(await textOf(world)).toBe(world.before);
  expect(await failuresOf(world, 'broken')).toEqual([['ModelError', null]]);
  expect(await outcomes(world)).toEqual(['broken: rolled back']);
  expect(await approvalEvents(world.dumps.audit)).toEqual([]);
  // Nobody wants what it has left.
  const dumps = await world.dumps.audit.server.sql('select chemin from t38_dump_audit');
  expect(dumps).toEqual([{ chemin: expect.stringContaining('/guarded-') }]);
  expect(await verifyJournal(world.dumps.deps)).toMatchObject({ ok: true, problems: [] });

  // Nothing is owed: taken up again it begins anew, with a dump of its own.
  world.does(async () => 'ok');
  expect(await redrive(world, arn)).toMatchObject({ status: 'SUCCEEDED', output: { result: 'ok' } });
  expect(await outcomes(world)).toEqual(['broken: rolled back', 'broken#1: done']);
});

test('where others may write, another person decides: rejected, its tables stay its own, and a redrive asks anew', async () => {
  await using world = await tables(SHARED, breaking);
  const { arn, approvalId } = await world.ask('shared');
  // A host that begins anew waits on, and asks nobody again.
  await world.api.restart();
  const left = await textOf(world);
  const approval = await findApproval(world.dumps.audit.db, approvalId);
  expect(Date.parse(approval.expiresAt) - Date.parse(approval.requestedAt)).toBe(3_600_000);
  expect(approval).toMatchObject({
    kind: 'step',
    execution: 'shared',
    requestedBy: 'paul',
    rows: 2,
    changes: {
      doing: expect.stringMatching(/^undoing of the step enrich by dump \d+$/),
      schema: [expect.stringMatching(/^not automatic: .*\(exclusive\)$/), '"gold"."sales" is replaced'],
    },
  });
  await world.decide(approvalId, 'rejected');
  expect(await world.ended(arn)).toMatchObject({
    error: 'ModelError',
    cause: expect.stringMatching(/broken\. Its tables were not restored .*in doubt.*NotAllowed: .*quarter is closed/),
  });
  expect(await textOf(world)).toBe(left);
  expect(await outcomes(world)).toEqual(['shared: owed']);
  expect(JSON.stringify(world.told)).toMatch(/in doubt/);

  world.faults.push({ functionName: 'approval', error: 'States.Timeout' });
  expect(await redrive(world, arn)).toMatchObject({
    error: 'ModelError',
    cause: expect.stringMatching(/States\.Timeout/),
  });
  expect(world.payloads).toHaveLength(1);

  world.api.world.engine.redrive(arn);
  const again = await askedApproval(world, arn, 'shared#2', 3);
  await world.decide(again, 'approved');
  expect(await world.ended(arn)).toMatchObject({ error: 'ModelError', cause: expect.stringMatching(/were restored/) });
  expect(await textOf(world)).toBe(world.before);
  expect(await findApproval(world.dumps.audit.db, again)).toMatchObject({ status: 'UTILISE', usedBy: 'shared#2' });
  expect(world.payloads).toHaveLength(1);
  expect(await outcomes(world)).toEqual(['shared: rolled back']);
  // Somebody may want what it has left.
  const safety = `select from t38_dump_audit where chemin like '%/safety/%'`;
  expect(await world.dumps.audit.server.sql(safety)).toHaveLength(1);
});

test('without a verified dump nothing is called; a redrive begins anew', async () => {
  await using world = await tables(GOLD, async () => 'ok');
  world.faults.push({ functionName: 'verify', error: 'CorruptDump' });
  const ended = await run(world, 'dumpless');
  expect(ended).toMatchObject({ error: 'CorruptDump' });
  expect(world.payloads).toEqual([]);
  expect(await outcomes(world)).toEqual(['dumpless: not run']);
  expect(await redrive(world, ended.arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await outcomes(world)).toEqual(['dumpless: not run', 'dumpless#1: done']);
});

test('an undoing that fails leaves the tables its own; a redrive goes on with that, and calls nothing anew', async () => {
  await using world = await tables(GOLD, async (payload, its) => {
    await its.dumps.source.sql('create view public.seen as select * from gold.sales');
    return await breaking(payload, its);
  });
  const ended = await run(world, 'stuck');
  expect(ended).toMatchObject({
    error: 'ModelError',
    cause: expect.stringMatching(/were not restored .*Conflict: execution rollback-[0-9a-f]{40}: .*seen/),
  });
  expect(await outcomes(world)).toEqual(['stuck: owed']);
  await world.dumps.source.sql('drop view public.seen');
  expect(await redrive(world, ended.arn)).toMatchObject({
    error: 'ModelError',
    cause: expect.stringMatching(/were restored/),
  });
  expect(await textOf(world)).toBe(world.before);
  expect(world.payloads).toHaveLength(1);
});

test('a function that may be at work still is not undone unasked', async () => {
  const error = 'States.Timeout';
  await using world = await tables(GOLD, async () => failing('', error));
  // Whoever asks is tried again, be it that nobody was asked, or that nobody was told so.
  world.faults.push({ functionName: 'approval', error: 'Transient' });
  world.faults.push({ functionName: 'approval', error: 'Lambda.ServiceException', when: 'after' });
  const { arn, approvalId } = await world.ask('open');
  expect((await findApproval(world.dumps.audit.db, approvalId)).changes?.schema).toContainEqual(
    expect.stringContaining(`whether it is over is not known: ${error}`),
  );
  expect(world.faults).toEqual([]);
  await world.decide(approvalId, 'approved');
  expect(await world.ended(arn)).toMatchObject({ error, cause: expect.stringMatching(/were restored/) });
});

test('an execution that was stopped while its step ran does not run it anew when it is redriven', async () => {
  let done = () => {};
  await using world = await tables(
    GOLD,
    () =>
      new Promise((resolve) => {
        done = () => resolve('late');
      }),
  );
  const arn = world.start('guarded-step', { user: 'paul', step: 'enrich' }, 'stopped');
  await eventually(() => expect(world.payloads).toHaveLength(1));
  world.does(async () => 'anew');
  world.api.world.engine.stop(arn);
  done();
  world.api.world.engine.redrive(arn);
  const approvalId = await askedApproval(world, arn, 'stopped', 2);
  await world.decide(approvalId, 'approved');
  expect(await world.ended(arn)).toMatchObject({
    error: 'States.QueryEvaluationError',
    cause: expect.stringMatching(/begun before.*were restored/),
  });
  expect(world.payloads).toHaveLength(1);
});

/** A state machine that says what it was given, or fails where that says so. */
const ETL = {
  QueryLanguage: 'JSONata',
  StartAt: 'Fails',
  States: {
    Fails: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.input.fails = true %}', Next: 'Failed' }],
      Default: 'Done',
    },
    Failed: { Type: 'Fail', Error: 'ModelError', Cause: 'the model is broken' },
    Done: { Type: 'Succeed' },
  },
};

test('a state machine is run once, and what it fails by is undone; of one that is not there there is nothing to undo', async () => {
  const crashing = crashingHost();
  await using world = await tables({ ...GOLD, machine: machineArn('etl') }, async () => failing(), {
    wrap: crashing.wrap,
  });
  world.api.world.create('etl', ETL);
  world.faults.push({ functionName: 'etl', asExecution: true, error: 'StepFunctions.ThrottlingException' });
  const arn = world.start('guarded-step', { user: 'paul', step: 'enrich', input: { n: 1 } }, 'machine');
  const { ended } = await crashing.run(world, arn);
  expect(world.faults).toEqual([]);
  const { dumpId } = ended.output;
  expect(ended).toMatchObject({
    status: 'SUCCEEDED',
    output: { result: { execution: 'machine', dumpId, input: { n: 1 } } },
  });

  expect(await run(world, 'broken', { input: { fails: true } })).toMatchObject({
    error: 'ModelError',
    cause: expect.stringMatching(/"execution step-[0-9a-f]{40}: the model is broken\. Its tables were restored/),
  });
  // What it was given and what it gives are together more than passes between states.
  const wide = await run(world, 'wide', { input: { fill: 'x'.repeat(140_000) } });
  expect(wide).toMatchObject({
    error: 'States.DataLimitExceeded',
    cause: expect.stringMatching(/tables were restored/),
  });
  const machines = world.api.world.journal.all(`select name from execution where name like 'step-%'`);
  expect(machines).toHaveLength(3);
  expect(await run(world, 'absent', { step: 'absent' })).toMatchObject({
    error: 'StepFunctions.StateMachineDoesNotExistException',
  });
  expect(await outcomes(world)).toEqual([
    'machine: done',
    'broken: rolled back',
    'wide: rolled back',
    'absent: not run',
  ]);
});

test('a file that comes for its tables meanwhile waits for their end; a hold that was ended by hand undoes nothing', async () => {
  const key = 'inbox/public.t/t.csv';
  let arn = '';
  await using world = await tables({ tables: ['public.t'], exclusive: true }, async (_, its) => {
    const { etag } = await its.dumps.audit.store.put(key, [Buffer.from('n\n2\n')]);
    arn = its.start('import', { key, etag, table: 'public.t', user: 'claire' }, 'meanwhile');
    // Refused, it is tried again.
    await eventually(() => expect(its.called.filter((called) => called === 'import').length).toBeGreaterThan(2));
    expect(its.statusOf(arn)).toBe('RUNNING');
    expect(await its.dumps.source.sql('select n from t')).toEqual([{ n: 1 }]);
    await releaseStep(its.dumps.deps, { execution: 'held', user: 'marie', comment: 'it never writes that' });
    return failing();
  });
  const ended = await run(world, 'held');
  expect(ended).toMatchObject({
    error: 'ModelError',
    cause: expect.stringMatching(/not restored from dump 1: held has its tables no more: released by marie/),
  });
  expect(world.called).not.toContain('check-restore');
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { rowsInserted: 1 } });
  // Nothing is owed, and it begins anew.
  world.does(async () => 'ok');
  expect(await redrive(world, ended.arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(world.payloads).toHaveLength(2);
});

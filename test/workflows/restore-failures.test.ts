import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { readExecution } from '@datasens/local/step-functions/journal/executions.ts';
import { alter } from '@datasens/testkit/alter.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';
import { type Ended, type WorkflowWorld, workflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, inject, test } from 'vitest';
import { failuresOf } from './failures-of.ts';

const user = 'paul';
const scratch = { DATASENS_SCRATCH_URL: inject('serverUrl') };
const SECRET = 'rue des Lilas';

/** Rows that a check refuses in any database that has a restore's temporary name, and which the server then quotes. */
const PICKY = `
  create function fits(text) returns boolean language sql as $$ select current_database() !~ '^datasens_restore' $$;
  create table person (id int, address text check (fits(address)));
  insert into person values (1, '12 ${SECRET}')`;

/** All that is told of executions: their histories, and the journal. */
async function toldOf({ api, dumps }: WorkflowWorld, ended: readonly Ended[]): Promise<string> {
  const { world } = api;
  const histories = ended.flatMap(({ arn }) => world.history(readExecution(world.journal, arn)));
  return JSON.stringify([histories, await dumps.audit.server.sql('select detail from t39_dump_evenement')]);
}

test.for([
  ['sensitive', true, 'left out, for it may quote rows of a sensitive dump'],
  ['not sensitive', false, SECRET],
] as const)('of a dump that is %s: told is what may be told, and once', async ([, sensitive, says]) => {
  const keys = await testKeys();
  await using target = futureDatabase();
  const environment = {
    ...scratch,
    DATASENS_SOURCES: JSON.stringify({ copy: target.url }),
    DATASENS_RECIPIENTS: keys.recipient,
    DATASENS_IDENTITY_SECRET: keys.secret,
  };
  await using world = await workflowWorld({ environment });
  const { source, deps } = world.dumps;
  await source.sql(PICKY);
  const { dumpId } = (await runDump({ ...deps, encryption: keys.dumping() }, { user, sensitive })).manifest;

  const restored = await world.run('restore', { user, dump: String(dumpId), into: 'copy' }, 'a');
  const tested = await world.run('restore-test', { user }, 'b');
  expect([restored.error, tested.error]).toEqual(['ToolFailed', 'ProofFailed']);
  for (const execution of ['a', 'b']) expect(await failuresOf(world, execution)).toEqual([['ToolFailed', dumpId]]);
  const told = await toldOf(world, [restored, tested]);
  expect(told).toContain(says);
  expect(told.includes(SECRET)).toBe(!sensitive);
});

test('of several dumps that cannot be proven each has its ECHEC, and the others are proven', async () => {
  await using world = await workflowWorld({ environment: scratch });
  const { source, deps, audit } = world.dumps;
  await source.sql('create table a (); create table b (); create table c ()');
  for (const table of ['a', 'b', 'c']) {
    const { prefix, manifest } = await runDump(deps, { user, tables: [table] });
    if (table !== 'b') await alter(world.dumps, `${prefix}${manifest.objects.data.key}`);
  }
  const ended = await world.run('restore-test', { user }, 'weekly');
  expect(ended).toMatchObject({ status: 'FAILED', error: 'ProofFailed' });
  expect(ended.cause).toContain('2 of 3 dumps could not be proven: 1 (CorruptDump), 3 (CorruptDump)');
  expect(await failuresOf(world, 'weekly')).toEqual([
    ['CorruptDump', 1],
    ['CorruptDump', 3],
  ]);
  const proven = `select dump_id::int as id from t39_dump_evenement where evenement = 'PROUVE'`;
  expect(await audit.server.sql(proven)).toEqual([{ id: 2 }]);
  expect(await verifyJournal(deps)).toMatchObject({ ok: true, problems: [] });
});

test('of several dumps that could not be tested each has its ECHEC', async () => {
  await using world = await workflowWorld({ environment: scratch });
  const { source, deps } = world.dumps;
  await source.sql('create table a (); create table b ()');
  for (const table of ['a', 'b']) {
    await runDump(deps, { user, tables: [table] });
    world.faults.push({ functionName: 'prove', error: 'Lambda.ResourceNotFoundException' });
  }
  expect(await world.run('restore-test', { user }, 'weekly')).toMatchObject({ error: 'ProofFailed' });
  expect(await failuresOf(world, 'weekly')).toEqual([
    ['Lambda.ResourceNotFoundException', 1],
    ['Lambda.ResourceNotFoundException', 2],
  ]);
});

test('an execution that fails for want of a plan blames no dump', async () => {
  await using target = futureDatabase();
  const environment = { DATASENS_SOURCES: JSON.stringify({ copy: target.url }) };
  await using world = await workflowWorld({ environment });
  await world.dumps.source.sql('create table t ()');
  const { dumpId } = (await runDump(world.dumps.deps, { user })).manifest;
  world.faults.push({ functionName: 'restore', error: 'CorruptDump' });
  const ended = await world.run('restore', { user, dump: String(dumpId), into: 'copy' }, 'planless');
  expect(ended).toMatchObject({ status: 'FAILED', error: 'CorruptDump' });
  expect(await failuresOf(world, 'planless')).toEqual([['CorruptDump', null]]);
});

test('a list that cannot be gone through ends the test as a whole, and is journalled', async () => {
  await using world = await workflowWorld({
    environment: scratch,
    garble: (called, answer) => (called === 'list-newest' ? { dumps: [{ dumpId: 1 }] } : answer),
  });
  const ended = await world.run('restore-test', { user }, 'garbled');
  expect(ended).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  expect(await failuresOf(world, 'garbled')).toEqual([['States.QueryEvaluationError', null]]);
  expect(world.told).toHaveLength(1);
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFacts } from '@datasens/core/audit/dump-facts.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';
import { type WorkflowWorld, workflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, test } from 'vitest';
import { failuresOf } from './failures-of.ts';

const user = 'paul';
const IN_PLACE = { inPlace: true, clean: true };

async function rowOf({ dumps }: WorkflowWorld, dumpId: unknown) {
  const [row] = await dumps.audit.server.sql(
    `select chemin as key, commentaire as comment, date_expiration as term from t38_dump_audit where dump_id = $1`,
    [dumpId],
  );
  return row;
}

test('what an in-place restore replaces is dumped before, and can be had again', async () => {
  await using copy = futureDatabase();
  await using world = await workflowWorld({ environment: { DATASENS_SOURCES: JSON.stringify({ copy: copy.url }) } });
  const { source, deps } = world.dumps;
  await source.sql('create table t as select n from generate_series(1, 100) n');
  const { dumpId } = (await runDump(deps, { user })).manifest;
  await source.sql('update t set n = -n; create table since as select 1 as n');
  const replaced = await dumpText(source.url);

  const { status, output } = await world.run('restore', { user, dump: String(dumpId), ...IN_PLACE }, 'careful');
  expect(status).toBe('SUCCEEDED');
  expect(world.called.indexOf('commit')).toBeLessThan(world.called.indexOf('restore'));
  expect(await rowOf(world, output.safetyDumpId)).toMatchObject({
    key: expect.stringContaining('/safety/'),
    comment: `before the restore of dump ${dumpId}, execution careful`,
  });
  expect(await dumpText(source.url)).not.toBe(replaced);

  const request = { user, dump: String(output.safetyDumpId), into: 'copy', prove: true };
  const back = await world.run('restore', request, 'back');
  expect(back.output).toMatchObject({ mode: 'create', proven: true, safetyDumpId: null });
  expect(await dumpText(copy.url)).toBe(replaced);
});

test('where it fails nothing is restored, and the dump that was to be is not blamed', async () => {
  await using world = await workflowWorld();
  const { source, deps } = world.dumps;
  await source.sql('create table t as select n from generate_series(1, 100) n');
  const { dumpId } = (await runDump(deps, { user })).manifest;
  await source.sql('delete from t');
  world.faults.push({ functionName: 'verify', error: 'CorruptDump' });

  const ended = await world.run('restore', { user, dump: String(dumpId), ...IN_PLACE }, 'unsafe');
  expect(ended).toMatchObject({ status: 'FAILED', error: 'CorruptDump' });
  expect(ended.cause).toMatch(/execution safety-[0-9a-f]{40}: planned for verify/);
  expect(world.called).not.toContain('restore');
  expect(await source.sql('select count(*)::int as n from t')).toEqual([{ n: 0 }]);
  expect(await failuresOf(world, 'unsafe')).toEqual([['CorruptDump', null]]);
  expect((await readFacts(deps.db, [dumpId]))(dumpId).damaged).toBe(false);
});

test('of what a sensitive dump replaces it is encrypted, and of personal data it has a term', async () => {
  const keys = await testKeys();
  const environment = { DATASENS_RECIPIENTS: keys.recipient, DATASENS_IDENTITY_SECRET: keys.secret };
  await using world = await workflowWorld({ environment });
  const { source, deps } = world.dumps;
  await source.sql(`create table person as select 1 as id, '12 rue des Lilas' as address`);
  const request = { user, sensitive: true, personal: true };
  const { dumpId } = (await runDump({ ...deps, encryption: keys.dumping() }, request)).manifest;

  const { output } = await world.run('restore', { user, dump: String(dumpId), ...IN_PLACE });
  expect(await rowOf(world, output.safetyDumpId)).toMatchObject({
    key: expect.stringMatching(/\/safety\/.*\.age$/),
    term: expect.any(Date),
  });
});

test('a safety dump that is restored is not rotated away by the one before its restore', async () => {
  await using folder = await temporaryFolder();
  const DATASENS_RETENTION = join(folder.path, 'retention.json');
  await writeFile(DATASENS_RETENTION, JSON.stringify({ rules: [{ name: 'one', keepLast: 1 }] }));
  await using world = await workflowWorld({ environment: { DATASENS_RETENTION } });
  const { source, deps } = world.dumps;
  await source.sql('create table t as select n from generate_series(1, 100) n');
  const wanted = await dumpText(source.url);
  const { dumpId } = (await runDump(deps, { user, purpose: 'safety' })).manifest;
  await source.sql('delete from t');

  const { output } = await world.run('restore', { user, dump: String(dumpId), ...IN_PLACE });
  expect(output).toMatchObject({ dumpId, safetyDumpId: expect.any(Number) });
  expect(await dumpText(source.url)).toBe(wanted);
});

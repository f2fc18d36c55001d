import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiWorld } from '@datasens/testkit/api-world.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expect, test } from 'vitest';
import { machineArn } from '../step-functions/arns.ts';
import type { JsonObject } from '../step-functions/json.ts';
import { fillDefinition, localValue } from '../workflows/fill-definition.ts';
import { type FunctionSettings, openFunctions } from './functions.ts';
import { createInvoke } from './invoke.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const FOLDER = `${ROOT}functions/`;

/** Runs the workflow `dump` on a table, with the functions that are shipped, and tells what was done by what. */
async function dump(settings: Readonly<Record<string, FunctionSettings>> = {}) {
  await using dumps = await dumpWorld();
  await dumps.source.sql('create table t as select 1 as n');
  const environment = {
    ...process.env,
    DATABASE_URL: dumps.source.url,
    AUDIT_DATABASE_URL: dumps.audit.server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    ...dumps.audit.storage.env,
  };
  const said: string[] = [];
  const log = (message: string) => void said.push(message);
  await using functions = openFunctions({ folders: [FOLDER], settings, environment, log });
  const taskProgram = { command: [process.execPath, `${FOLDER}container/task.ts`], environment } as const;
  await using api = await apiWorld({
    invoke: (call, signal) => createInvoke({ functions, taskProgram, endpoint: api.url })(call, signal),
  });
  const definition = fillDefinition(readFileSync(`${ROOT}workflows/dump.asl.json`, 'utf8'), localValue);
  api.world.create('dump', JSON.parse(definition) as JsonObject);
  const input = JSON.stringify({ user: 'claire' });
  const started = api.world.engine.start({ machineArn: machineArn('dump'), name: 'one', input });
  const { status, cause } = await api.ended(started.arn);
  const failed = api.world.history(started).filter(({ type }) => /Failed/.test(type));
  return { status, cause, keys: await dumps.dumpKeys(), errors: failed.map(({ details }) => details?.error), said };
}

test('the workflow of a dump runs with its functions in processes', async () => {
  const done = await dump();
  expect(done, done.said.join('\n')).toMatchObject({ status: 'SUCCEEDED', errors: [] });
  expect(done.keys).toContainEqual(expect.stringMatching(/manifest\.json$/));
});

test('where a function has not enough time, its task does it', async () => {
  const done = await dump({ stage: { timeoutMs: 1 } });
  expect(done, done.said.join('\n')).toMatchObject({ status: 'SUCCEEDED', errors: ['Sandbox.Timedout'] });
  expect(done.keys).toContainEqual(expect.stringMatching(/manifest\.json$/));
});

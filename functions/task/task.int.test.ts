import { recordDump } from '@datasens/core/audit/record-dump.ts';
import { putPayload } from '@datasens/core/workflow/payload.ts';
import { newDump } from '@datasens/testkit/audit.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { everythingStored } from '@datasens/testkit/everything-stored.ts';
import { dumpSessions, expectNothing } from '@datasens/testkit/invariants.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { handler as audit } from '../audit.ts';
import { handler as commit } from '../commit.ts';
import { handler as preflight } from '../preflight.ts';
import { handler as stage } from '../stage.ts';
import { handler as verify } from '../verify.ts';
import { task } from './task.ts';

const MINUTES_MS = 900_000;

async function functionWorld() {
  const world = await dumpWorld();
  const environment = setEnvironment({
    DATABASE_URL: world.source.url,
    AUDIT_DATABASE_URL: world.audit.server.url,
    ...world.audit.storage.env,
  });
  return {
    ...world,
    async [Symbol.asyncDispose]() {
      environment[Symbol.dispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Calls a handler as Lambda does, with so much time. */
function call(handler: unknown, event: unknown, remainingMs = MINUTES_MS): Promise<unknown> {
  const context = { functionName: 'tested', awsRequestId: '1', getRemainingTimeInMillis: () => remainingMs } as Context;
  return (handler as (event: unknown, context: Context) => Promise<unknown>)(event, context);
}

test('an input that is wrong is refused by its fields, before anything is opened', async () => {
  using _ = setEnvironment({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
  await expect(call(preflight, { source: 7, surprise: true })).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringMatching(/source[\s\S]*user|surprise[\s\S]*user/),
  });
});

test('an environment that does not do is told by name', async () => {
  using _ = setEnvironment({ DATABASE_URL: '', AUDIT_DATABASE_URL: '' });
  await expect(call(preflight, { user: 'claire' })).rejects.toMatchObject({ name: 'ConfigError' });
});

test('before Lambda would end it, a dump is undone: no bytes, no session, and a name to go on by', async () => {
  await using world = await functionWorld();
  await world.source.sql('create table t as select n from generate_series(1, 10) n');
  const { plan } = (await call(preflight, { user: 'claire' })) as { plan: object };
  // Whoever has the table makes the dump wait.
  await using holder = await sqlSession(world.source.url, 'holder');
  await holder.sql('begin; lock table t in access exclusive mode');
  await expect(call(stage, { plan }, 2_000)).rejects.toMatchObject({ name: 'DeadlineExceeded' });
  await holder.sql('rollback');
  await until(async () => (await dumpSessions(world)) === 0);
  await expectNothing(world);
  const staged = await call(stage, { plan });
  expect(staged).toMatchObject({ staged: { sha256: expect.any(String) } });
});

test('a step that is called twice comes to the same', async () => {
  await using world = await functionWorld();
  await world.source.sql('create table t as select n from generate_series(1, 10) n');
  const { plan } = (await call(preflight, { user: 'claire' })) as { plan: object };
  const staged = await call(stage, { plan });
  const other = await call(stage, { plan });
  for (const attempt of [staged, staged]) await call(verify, attempt);
  const first = await call(commit, staged);
  expect(await call(commit, staged)).toEqual(first);
  await expect(call(commit, other)).rejects.toMatchObject({ name: 'Conflict' });
  expect(await call(commit, await call(stage, { plan }))).toEqual(first);
});

test('what an earlier state has left is read as it was left, or not at all', async () => {
  await using world = await functionWorld();
  const { deps } = world;
  const left = await putPayload(deps, { plan: 'of another kind' });
  await expect(call(stage, { plan: left })).rejects.toMatchObject({ name: 'CorruptDump' });
  await world.audit.storage.outside.write(left.key, '{"plan": "altered"}');
  await expect(call(stage, { plan: left })).rejects.toMatchObject({
    name: 'CorruptDump',
    message: expect.stringContaining('not what an earlier state'),
  });
  await world.audit.storage.outside.remove(left.key);
  await expect(call(stage, { plan: left })).rejects.toMatchObject({ name: 'NotFound' });
  for (const key of ['dumps/SQL/x', 'work/../journal/1.json', '../etc']) {
    await expect(call(stage, { plan: { ...left, key } })).rejects.toMatchObject({ name: 'InvalidInput' });
  }
  expect([...(await everythingStored(world.audit)).keys()].filter((key) => key.startsWith('dumps/'))).toEqual([]);
});

test('what a server says of a row of a sensitive dump does not leave the function', async () => {
  const secret = 'a row that is nobody’s business';
  const { withholdRows } = await import('./withhold-rows.ts');
  const quoting = async () => {
    throw Object.assign(new Error(secret), { code: '23505' });
  };
  await expect(withholdRows(false, quoting)).rejects.toThrow(secret);
  await expect(withholdRows(true, quoting)).rejects.toMatchObject({
    message: expect.not.stringContaining(secret),
  });
});

test('the audit is told a page at a time', async () => {
  await using world = await functionWorld();
  for (const dumpId of [1, 2, 3]) await recordDump(world.audit, newDump({ dumpId }), {});
  const first = (await call(audit, { type: 'SQL', limit: 2 })) as { dumps: { dumpId: number }[]; cursor: string };
  const second = (await call(audit, { type: 'SQL', limit: 2, cursor: first.cursor })) as typeof first;
  expect([...first.dumps, ...second.dumps].map(({ dumpId }) => dumpId)).toEqual([3, 2, 1]);
  expect(second.cursor).toBeNull();
  expect(await call(audit, { since: '2999-01-01T00:00:00Z' })).toEqual({ dumps: [], cursor: null });
  await expect(call(audit, { cursor: 'forged' })).rejects.toMatchObject({ name: 'InvalidInput' });
});

test('no connection outlives the call', async () => {
  await using world = await functionWorld();
  const handler = task(
    { n: z.number() },
    async ({ db }, { n }) => (await db.query('select $1::int + 1 as n', [n])).rows,
  );
  const connections = async () => {
    const rows = await world.audit.server.sql(`select from pg_stat_activity
      where datname = current_database() and application_name = 'datasens audit'`);
    return rows.length;
  };
  const before = await connections();
  expect(await call(handler, { n: 1 })).toEqual([{ n: 2 }]);
  // Looks take milliseconds: one that nobody uses is closed by itself after 10 s.
  for (let looks = 0; looks < 200 && (await connections()) > before; looks += 1);
  expect(await connections()).toBe(before);
});

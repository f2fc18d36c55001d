import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { lambdaWorld } from '@datasens/testkit/lambda/lambda-world.ts';
import { s3Proxy } from '@datasens/testkit/s3-proxy.ts';
import { sharedS3Server } from '@datasens/testkit/s3-servers.ts';
import { expect, test } from 'vitest';

const FUNCTIONS = ['preflight', 'stage', 'verify', 'commit', 'retain'] as const;

test('functions that are frozen hold no session, and do their work when their connections are lost meanwhile', {
  timeout: 300_000,
}, async () => {
  await using proxy = await s3Proxy(sharedS3Server().endpoint, () => undefined);
  await using world = await lambdaWorld({ environment: { S3_ENDPOINT: proxy.endpoint } });
  const { source } = world.dumps;
  await source.sql('create table t as select n from generate_series(1, 100) n');
  const ids: unknown[] = [];
  // The test's own have no name, or are there before.
  const sessions = () =>
    source.sql<{ pid: number; name: string }>(
      `select pid, application_name as name from pg_stat_activity
        where application_name <> '' and datname in ($1, $2)`,
      [source.name, world.dumps.audit.server.name],
    );
  const environments = () => FUNCTIONS.map((name) => world.lambda.last(name));
  const dump = async () => {
    const ended = await world.run('dump', { user: 'claire' });
    expect(ended, world.lambda.said.join('\n')).toMatchObject({ status: 'SUCCEEDED', output: { rows: 100 } });
    ids.push(ended.output.dumpId);
    return environments();
  };

  const before = await sessions();
  const first = await dump();
  await Promise.all(first.map((environment) => environment.settled()));
  expect((await sessions()).filter(({ pid }) => !before.some((each) => each.pid === pid))).toEqual([]);
  proxy.disconnect();

  expect(await dump(), 'the same processes').toEqual(first);
  expect((await expectInvariants(world.dumps)).toSorted()).toEqual(ids);
});

import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { expect, test } from 'vitest';
import { endingWorld, expectFallOver } from './ending-world.ts';

test('a function gives up before its time is over, undoes what is not done, and says so', {
  timeout: 300_000,
}, async () => {
  // Two seconds are for undoing.
  await using world = await endingWorld({ stage: { timeoutMs: 20_000 } });
  world.fault('stage', 'PutObject', 'stall');
  await world.dumps.source.sql('create table t as select n from generate_series(1, 100) n');
  const ended = await world.run('dump', { user: 'claire' });
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { rows: 100 } });
  expectFallOver(world, ended.arn, 'stage', 'DeadlineExceeded');
  expect(world.lambda.last('stage').usable, 'nobody had to end it').toBe(true);
  expect(await expectInvariants(world.dumps)).toEqual([ended.output.dumpId]);
});

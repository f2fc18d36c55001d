import { workflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, test } from 'vitest';
import { failuresOf } from './failures-of.ts';

test('an execution that somebody has stopped and taken up again fails as others do, and can be taken up once more', async () => {
  let arn = '';
  await using world = await workflowWorld({
    async before(called) {
      if (called !== 'reconcile' || world.called.filter((name) => name === called).length > 1) return;
      world.api.world.engine.stop(arn);
      throw new Error('nobody waits any more');
    },
  });
  arn = world.start('rotation', { user: 'claire' }, 'stopped');
  expect(await world.ended(arn)).toMatchObject({ status: 'ABORTED' });
  world.faults.push({ functionName: 'reconcile', error: 'NotAllowed' });
  world.api.world.engine.redrive(arn);
  expect(await world.ended(arn)).toMatchObject({ status: 'FAILED', error: 'NotAllowed' });
  expect(world.called.filter((name) => name === 'plan')).toHaveLength(1);
  expect(await failuresOf(world, 'stopped')).toEqual([['NotAllowed', null]]);
  world.api.world.engine.redrive(arn);
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
});

import { readExecution } from '@datasens/local/step-functions/journal/executions.ts';
import { apiWorld } from '@datasens/testkit/api-world.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { machine } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import { workflowClient } from './workflow-client.ts';

test('whoever stops waiting for an execution ends nothing', async () => {
  await using api = await apiWorld();
  api.world.create('waits', machine({ Wait: { Type: 'Wait', Seconds: 86_400, End: true } }));
  using _ = setEnvironment({ AWS_ENDPOINT_URL_SFN: api.url });
  using client = workflowClient(process.env);
  const arn = await client.start('waits', {}, new AbortController().signal);
  const interruption = new AbortController();
  const waiting = client.ended(arn, interruption.signal);
  interruption.abort(new Error('interrupted'));
  await expect(waiting).rejects.toMatchObject({
    name: 'Transient',
    message: `${arn} goes on, and is waited for no longer`,
  });
  expect(readExecution(api.world.journal, arn).status).toBe('RUNNING');
});

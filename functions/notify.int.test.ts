import { listenForJson } from '@datasens/testkit/listen-for-json.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { handler } from './notify.ts';

const failure = {
  kind: 'failure',
  workflow: 'dump',
  execution: 'nightly-1',
  dumpId: 7,
  subject: { source: 'crm' },
  caught: { Error: 'Transient', Cause: '{"errorType":"Transient","errorMessage":"crm cannot be reached"}' },
};
const context = { functionName: 'notify', awsRequestId: '1', getRemainingTimeInMillis: () => 900_000 } as Context;
const down = 'postgresql://nobody@127.0.0.1:1/none';

test('a failure is told although the database is down', async () => {
  await using webhook = await listenForJson();
  using _ = setEnvironment({ DATABASE_URL: down, DATASENS_NOTIFY_WEBHOOK: webhook.url });
  expect(await handler(failure, context)).toEqual({ sent: ['webhook'], failed: [] });
  expect(JSON.stringify(webhook.told)).toMatch(/nightly-1.*crm cannot be reached/);
});

test('where nobody could be told, it is tried again; where nobody is to be told, that is all', async () => {
  using _ = setEnvironment({ DATABASE_URL: down, DATASENS_NOTIFY_WEBHOOK: '' });
  expect(await handler(failure, context)).toEqual({ sent: [], failed: [] });
  using __ = setEnvironment({ DATASENS_NOTIFY_WEBHOOK: 'https://127.0.0.1:1/hook' });
  await expect(handler(failure, context)).rejects.toMatchObject({ name: 'Transient' });
});

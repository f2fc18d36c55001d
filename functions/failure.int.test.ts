import { listenForJson } from '@datasens/testkit/listen-for-json.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { handler as fail } from './fail.ts';
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

test('an execution fails by the error that was caught although the database is down, and not once it was redriven', async () => {
  using _ = setEnvironment({ DATABASE_URL: down });
  const { caught } = failure;
  const ending = { caught, failedAfter: 1 };
  await expect(fail({ ...ending, redrives: 1 }, context)).rejects.toMatchObject({
    name: 'Transient',
    message: 'crm cannot be reached',
  });
  expect(await fail({ ...ending, redrives: 2 }, context)).toEqual({});
});

test('where nobody could be told, it is tried again; where nobody is to be told, that is all', async () => {
  using _ = setEnvironment({ DATABASE_URL: down, DATASENS_NOTIFY_WEBHOOK: '' });
  expect(await handler(failure, context)).toEqual({ sent: [], failed: [] });
  using __ = setEnvironment({ DATASENS_NOTIFY_WEBHOOK: 'https://127.0.0.1:1/hook' });
  await expect(handler(failure, context)).rejects.toMatchObject({ name: 'Transient' });
});

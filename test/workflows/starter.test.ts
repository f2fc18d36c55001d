import { machineArn } from '@datasens/local/step-functions/arns.ts';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import { inboxWorld } from '@datasens/testkit/inbox-world.ts';
import { bridgedEvent, bucketEvent, sqsBatch, type ToldObject } from '@datasens/testkit/s3-events.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { expect, test } from 'vitest';
import { handler } from '../../functions/starter.ts';

const csv = (...ids: number[]) => `id,title\n${ids.map((id) => `${id},title ${id}\n`).join('')}`;
const NAME = 'été 1+1 (%).csv';
const context = { functionName: 'starter', awsRequestId: '1', getRemainingTimeInMillis: () => 60_000 } as Parameters<
  typeof handler
>[1];

/** The world of imports, with the starter before it. */
async function starterWorld() {
  const world = await inboxWorld();
  const environment = setEnvironment({
    IMPORT_MACHINE_ARN: machineArn('import'),
    AWS_ENDPOINT_URL_SFN: world.api.url,
    AWS_REGION: 'us-east-1',
  });
  const { store } = world.dumps.audit;
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(store.uri) ?? [];
  return {
    ...world,
    bucket,
    prefix,
    /** Puts a file into the inbox; what its event tells of it. */
    async deliver(text: string, name = NAME): Promise<ToldObject> {
      const { key, etag } = await world.put(text, name);
      return { bucket, key: `${prefix}/${key}`, etag: String(etag) };
    },
    /** Hands messages to the starter; the ids of those that come again. */
    async start(...bodies: unknown[]): Promise<string[]> {
      const { batchItemFailures } = await handler(sqsBatch(...bodies), context);
      return batchItemFailures.map((failure: { readonly itemIdentifier: string }) => failure.itemIdentifier);
    },
    /** The executions that there are, over as they will be. */
    async executions() {
      const rows = world.api.world.journal.all('select arn, name, input from execution order by id');
      return await Promise.all(
        rows.map(async ({ arn, name, input }) => {
          const { status, error } = await world.ended(String(arn));
          const told = JSON.parse(String(input)) as JsonObject;
          return { arn: String(arn), name, input: told, status, ...(error ? { error } : {}) };
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      environment[Symbol.dispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

test.for([
  ['of EventBridge', bridgedEvent, '123456789012'],
  ['of a bucket', bucketEvent, 'analyst'],
] as const)(
  'an event %s starts the import of its file into the table of its folder, however often it comes',
  async ([, eventOf, user]) => {
    await using world = await starterWorld();
    const told = await world.deliver(csv(1, 2));
    const event = eventOf({ ...told, sequencer: '00A1' });
    expect(await world.start(event, event)).toEqual([]);
    const [first, ...others] = await world.executions();
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      status: 'SUCCEEDED',
      name: expect.stringMatching(/^import-[0-9a-f]{40}$/),
      input: { key: `inbox/public.t/${NAME}`, table: 'public.t', user },
    });
    expect(await world.start(event)).toEqual([]);
    expect(await world.executions()).toEqual([first]);
    expect(await world.ids()).toEqual([1, 2]);
    expect(await world.dumps.audit.server.sql('select utilisateur from t38_dump_audit')).toEqual([
      { utilisateur: user },
    ]);
  },
);

test('of two files under one key, told of in the wrong order, the present one is imported, and both are told', async () => {
  await using world = await starterWorld();
  const older = { ...(await world.deliver(csv(1))), sequencer: '00A1' };
  const newer = { ...(await world.deliver(csv(2))), sequencer: '00A2' };
  expect(await world.start(bridgedEvent(newer))).toEqual([]);
  await world.executions();
  expect(await world.start(bridgedEvent(older))).toEqual([]);
  expect(await world.executions()).toMatchObject([{ status: 'SUCCEEDED' }, { status: 'FAILED', error: 'NotFound' }]);
  expect(await world.ids()).toEqual([2]);
  expect(await world.files()).toEqual({ inbox: [], imported: [csv(2)], rejected: [] });
});

test('the same bytes under the same key again are another event, and a duplicate', async () => {
  await using world = await starterWorld();
  await world.start(bridgedEvent({ ...(await world.deliver(csv(1))), sequencer: '00A1' }));
  await world.executions();
  await world.start(bridgedEvent({ ...(await world.deliver(csv(1))), sequencer: '00A2' }));
  expect(await world.executions()).toMatchObject([{ status: 'SUCCEEDED' }, { status: 'SUCCEEDED' }]);
  expect(await world.ids()).toEqual([1]);
  expect(await world.files()).toEqual({ inbox: [], imported: [csv(1), csv(1)], rejected: [] });
});

test('what is no file of the inbox starts nothing, and what is no event comes again alone', async () => {
  await using world = await starterWorld();
  const { bucket, prefix } = world;
  const at = (key: string, of = bucket) => bridgedEvent({ bucket: of, key, etag: 'e' });
  const good = await world.deliver(csv(1));
  const failures = await world.start(
    at(`${prefix}/imported/20261127T100000Z-1/public.t/x.csv`),
    at(`${prefix}/inbox/public.t/`),
    at('inbox/public.t/x.csv'),
    at(`${prefix}/inbox/public.t/x.csv`, 'another-bucket'),
    bridgedEvent(good, 'Object Deleted'),
    bucketEvent(good, 's3:ObjectRemoved:Delete'),
    { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: bucket },
    'no event at all',
    bridgedEvent(good),
  );
  expect(failures).toEqual(['message-7']);
  expect(await world.executions()).toMatchObject([{ status: 'SUCCEEDED' }]);
});

test('a file without a table in its folder is started nevertheless: somebody is to be told that it is refused', async () => {
  await using world = await starterWorld();
  const { etag } = await world.dumps.audit.store.put('inbox/loose.csv', [Buffer.from(csv(1))]);
  await world.start(bridgedEvent({ bucket: world.bucket, key: `${world.prefix}/inbox/loose.csv`, etag }));
  expect(await world.executions()).toMatchObject([{ status: 'FAILED', error: 'InvalidInput' }]);
  expect(world.told).toHaveLength(1);
  expect(await world.files()).toEqual({ inbox: [], imported: [], rejected: [csv(1)] });
});

test('an event that comes again takes up what has failed; not what was refused, and not what somebody stopped', async () => {
  await using world = await starterWorld();
  const failing = bridgedEvent(await world.deliver(csv(1), 'failing.csv'));
  world.faults.push({ functionName: 'inspect', error: 'NotAllowed' });
  await world.start(failing);
  expect(await world.executions()).toMatchObject([{ status: 'FAILED', error: 'NotAllowed' }]);
  expect(await world.start(failing, failing)).toEqual([]);
  expect(await world.executions()).toMatchObject([{ status: 'SUCCEEDED' }]);

  const refused = bridgedEvent(await world.deliver('', 'refused.csv'));
  await world.start(refused);
  await world.executions();
  expect(await world.start(refused)).toEqual([]);
  expect(await world.executions()).toMatchObject([{}, { status: 'FAILED', error: 'InvalidInput' }]);
  expect(world.told).toHaveLength(2);

  const stopped = bridgedEvent(await world.deliver(csv(3), 'stopped.csv'));
  world.faults.push({ functionName: 'inspect', error: 'NotAllowed' });
  await world.start(stopped);
  const [, , { arn = '' } = {}] = await world.executions();
  world.api.world.engine.redrive(arn);
  world.api.world.engine.stop(arn);
  expect(await world.start(stopped)).toEqual([]);
  expect(await world.executions()).toMatchObject([{}, {}, { status: 'ABORTED' }]);
});

test('a state machine that cannot be reached has all messages come again', async () => {
  await using world = await starterWorld();
  using _ = setEnvironment({ AWS_ENDPOINT_URL_SFN: 'http://127.0.0.1:1', AWS_MAX_ATTEMPTS: '1' });
  const told = await world.deliver(csv(1));
  expect(await world.start(bridgedEvent(told), bucketEvent(told))).toEqual(['message-0', 'message-1']);
});

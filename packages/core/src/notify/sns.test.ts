import { FAILURE, pauseOf, tell } from '@datasens/testkit/notify-world.ts';
import { type ScriptedAnswer, scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { PUBLISHED, snsRefusal } from '@datasens/testkit/sns-answers.ts';
import { beforeEach, expect, test, vi } from 'vitest';
import { parseTopic } from '../notify-targets.ts';
import { composeMessage } from './message.ts';
import { TRIES } from './retry.ts';
import { snsChannel } from './sns.ts';

const TOPIC = parseTopic('arn:aws:sns:eu-west-3:123456789012:told', 'test');

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's3cret');
  vi.stubEnv('AWS_REGION', 'us-east-2');
  return () => vi.unstubAllEnvs();
});

async function snsServer(answers: readonly ScriptedAnswer[]) {
  const server = await scriptedServer(answers);
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', server.origin);
  return server;
}

test('publishes to the topic, in its own region, with what subscriptions are filtered by', async () => {
  await using server = await snsServer([PUBLISHED]);
  expect(await tell([snsChannel(TOPIC)]).result).toEqual({ sent: ['sns'], failed: [] });
  const [request] = server.requests;
  expect(Object.fromEntries(new URLSearchParams(request?.body))).toMatchObject({
    Action: 'Publish',
    TopicArn: TOPIC.arn,
    Subject: composeMessage(FAILURE).subject,
    Message: composeMessage(FAILURE).text,
    'MessageAttributes.entry.1.Name': 'kind',
    'MessageAttributes.entry.1.Value.StringValue': 'failure',
  });
  expect(request?.headers.authorization).toMatch(/AKIATEST\/\d{8}\/eu-west-3\/sns\//);
});

test.for<[string, ScriptedAnswer[], number]>([
  ['SNS that is busy', [snsRefusal(429, 'Throttled'), snsRefusal(400, 'Throttling'), PUBLISHED], 3],
  ['SNS that fails', [snsRefusal(500, 'InternalError'), 503, PUBLISHED], 3],
  ['a connection that breaks', ['drop', PUBLISHED], 2],
])('%s has it in the end', async ([, answers, requests]) => {
  await using server = await snsServer(answers);
  expect(await tell([snsChannel(TOPIC)]).result).toMatchObject({ sent: ['sns'] });
  expect(server.requests).toHaveLength(requests);
});

test('the SDK tries nothing by itself: all tries keep to one time', async () => {
  await using server = await snsServer([snsRefusal(500, 'InternalError')]);
  const because = 'SNS is busy or fails (InternalError, 500) (tried 4 times)';
  expect(await tell([snsChannel(TOPIC)]).result).toEqual({ sent: [], failed: [{ channel: 'sns', because }] });
  expect(server.requests).toHaveLength(TRIES);
});

test('it waits as long as SNS asks for', async () => {
  await using _server = await snsServer([snsRefusal(429, 'Throttled', { 'retry-after': '9' }), PUBLISHED]);
  const telling = tell([snsChannel(TOPIC)]);
  expect(await pauseOf(telling)).toEqual([9_000]);
  telling.clock.pass(9_000);
  expect(await telling.result).toMatchObject({ sent: ['sns'] });
});

test.for<[number, string, RegExp]>([
  [403, 'AuthorizationError', /^the credentials lack sns:Publish on the topic.* \(AuthorizationError, 403\)$/],
  [404, 'NotFound', /^there is no such topic: correct DATASENS_NOTIFY_TOPIC \(NotFound, 404\)$/],
  [403, 'InvalidClientTokenId', /^SNS refuses the request: check the credentials \(InvalidClientTokenId, 403\)$/],
])('a refusal is not tried again, and names the remedy: %i %s', async ([status, code, because]) => {
  await using server = await snsServer([snsRefusal(status, code)]);
  const { result, logged } = tell([snsChannel(TOPIC)]);
  expect(await result).toEqual({ sent: [], failed: [{ channel: 'sns', because: expect.stringMatching(because) }] });
  expect(server.requests).toHaveLength(1);
  expect(logged.join()).not.toContain('s3cret');
});

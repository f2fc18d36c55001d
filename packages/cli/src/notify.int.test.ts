import { datasens } from '@datasens/testkit/cli.ts';
import { newcomer } from '@datasens/testkit/newcomer.ts';
import { type ScriptedAnswer, scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { PUBLISHED, snsRefusal } from '@datasens/testkit/sns-answers.ts';
import { expect, test } from 'vitest';

const TOPIC = 'arn:aws:sns:eu-west-3:123456789012:told';

/** A webhook and a topic that answer so. */
async function targets(webhook: ScriptedAnswer, topic: ScriptedAnswer) {
  await using made = new AsyncDisposableStack();
  const [hook, sns] = [made.use(await scriptedServer([webhook])), made.use(await scriptedServer([topic]))];
  const all = made.move();
  return {
    hook,
    sns,
    env: {
      DATASENS_NOTIFY_WEBHOOK: `${hook.origin}/s3cret`,
      DATASENS_NOTIFY_TOPIC: TOPIC,
      AWS_ENDPOINT_URL_SNS: sns.origin,
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

test('notify --test sends a message to everybody, with nothing else configured', async () => {
  await using told = await targets(200, PUBLISHED);
  const { code, stdout, stderr } = await datasens(['notify', '--test'], told.env);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'sent    sns\nsent    webhook\n', stderr: '' });
  expect(JSON.parse(told.hook.requests[0]?.body ?? '')).toMatchObject({
    text: expect.stringContaining('a test of the notifications, by '),
  });
  expect(new URLSearchParams(told.sns.requests[0]?.body).get('Subject')).toBe('DataSens: a test');
});

test('notify --test names those that did not take it, and exits 1', async () => {
  await using told = await targets({ status: 404, body: 'no_service' }, PUBLISHED);
  const { code, json, stderr } = await datasens(['notify', '--test', '--json'], told.env);
  expect(json).toEqual({
    sent: ['sns'],
    failed: [
      { channel: 'webhook', because: 'the webhook refuses it: 404 (no_service): check DATASENS_NOTIFY_WEBHOOK' },
    ],
  });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });

  await using other = await targets(200, snsRefusal(403, 'AuthorizationError'));
  const text = await datasens(['notify', '--test'], other.env);
  expect(text).toMatchObject({ code: 1, stdout: expect.stringMatching(/^sent {4}webhook\nFAILED {2}sns {2}the cred/) });
  expect(text.stdout + text.stderr).not.toContain('s3cret');
});

test('notify without a channel, or without --test, is wrong usage', async () => {
  const nobody = await datasens(['notify', '--test'], {});
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('set DATASENS_NOTIFY_TOPIC or ') });
  expect(await datasens(['notify'], {})).toMatchObject({ code: 2, stderr: expect.stringContaining('--test') });
});

test('doctor says who is told, and no secret', async () => {
  await using world = await newcomer();
  const examine = async (env: Record<string, string>) => {
    const { json, stdout } = await datasens(['doctor', '--json'], { ...world.env, ...env });
    expect(stdout).not.toContain('s3cret');
    return json.findings.find(({ part }: { part: string }) => part === 'notifications');
  };
  expect(await examine({})).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^nobody is told of failures: set /),
  });
  const env = { DATASENS_NOTIFY_WEBHOOK: 'https://hooks.example/s3cret', DATASENS_NOTIFY_TOPIC: TOPIC };
  expect(await examine(env)).toEqual({
    part: 'notifications',
    ok: true,
    detail: `the topic ${TOPIC} and a webhook at https://hooks.example; datasens notify --test tries them`,
  });
});

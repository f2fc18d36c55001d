import { scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { sendAnswer } from './approval/send-answer.ts';
import { parseConfig } from './config.ts';
import { snsChannel } from './notify/sns.ts';
import { readSecret } from './secrets/read-secret.ts';
import { openStore } from './storage/open-store.ts';

const { signal } = new AbortController();
const TOPIC = { arn: 'arn:aws:sns:eu-west-1:123456789012:told', region: 'eu-west-1' };

/** Has each service asked something, whatever it answers. */
async function askEach(): Promise<void> {
  const { storage, s3 } = parseConfig({ ...process.env, DATASENS_STORAGE: 's3://bucket' });
  const asked = [
    openStore(storage, s3).then((store) => store.head('key', { signal })),
    sendAnswer('token', { output: {} }, signal),
    snsChannel(TOPIC).send({ kind: 'test', subject: 'a', text: 'a' } as never, signal),
    readSecret('database', signal),
  ];
  await Promise.allSettled(asked);
}

/** The actions that a body or a header names; what names none is S3's. */
function askedOf({ requests }: Awaited<ReturnType<typeof scriptedServer>>): string[] {
  const told = requests.map(({ headers, body }) =>
    String(headers['x-amz-target'] ?? new URLSearchParams(body).get('Action') ?? 'S3'),
  );
  return [...new Set(told)].toSorted();
}

afterEach(() => vi.unstubAllEnvs());

const refused = { status: 400, body: '{"__type": "ValidationException"}' };
const credentials = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
const SERVICES = [
  ['S3_ENDPOINT', 'S3'],
  ['AWS_ENDPOINT_URL_SFN', 'AWSStepFunctions.SendTaskSuccess'],
  ['AWS_ENDPOINT_URL_SNS', 'Publish'],
  ['AWS_ENDPOINT_URL_SECRETS_MANAGER', 'secretsmanager.GetSecretValue'],
] as const;

test('one variable points every client at a server that speaks for all of AWS, and each has one of its own', async () => {
  await using server = await scriptedServer([refused]);
  for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
  vi.stubEnv('AWS_ENDPOINT_URL', server.origin);
  await askEach();
  expect(askedOf(server)).toEqual(SERVICES.map(([, asked]) => asked).toSorted());

  await using other = await scriptedServer([refused]);
  vi.stubEnv('AWS_ENDPOINT_URL', other.origin);
  for (const [variable, asked] of SERVICES) {
    await using own = await scriptedServer([refused]);
    vi.stubEnv(variable, own.origin);
    await askEach();
    expect({ variable, asked: askedOf(own) }).toEqual({ variable, asked: [asked] });
    vi.stubEnv(variable, undefined);
  }
});

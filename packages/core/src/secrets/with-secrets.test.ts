import { scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { withSecrets } from './with-secrets.ts';

const { signal } = new AbortController();
const answer = (value: unknown) => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ SecretString: typeof value === 'string' ? value : JSON.stringify(value) }),
});
const refusal = (type: string) => ({ status: 400, body: JSON.stringify({ __type: type, message: 'no' }) });

function client(origin: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', origin);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
}
afterEach(() => vi.unstubAllEnvs());

test('secrets are read once by their names, and what the environment says itself counts', async () => {
  await using server = await scriptedServer([
    answer({ DATABASE_URL: 'postgresql://a@db/a', AUDIT_DATABASE_URL: 'postgresql://a@db/audit' }),
    answer({ DATASENS_IDENTITY_SECRET: 'AGE-SECRET-KEY-1X' }),
  ]);
  client(server.origin);
  const env = { DATASENS_SECRETS: 'arn:of:database, arn:of:identity', DATABASE_URL: 'postgresql://b@db/b' };
  for (let n = 0; n < 2; n += 1) {
    expect(await withSecrets(env, signal)).toEqual({
      ...env,
      AUDIT_DATABASE_URL: 'postgresql://a@db/audit',
      DATASENS_IDENTITY_SECRET: 'AGE-SECRET-KEY-1X',
    });
  }
  const asked = server.requests.map(({ body }) => JSON.parse(body));
  expect(asked).toEqual([{ SecretId: 'arn:of:database' }, { SecretId: 'arn:of:identity' }]);
  expect(await withSecrets({ DATABASE_URL: 'x' }, signal)).toEqual({ DATABASE_URL: 'x' });
  expect(server.requests).toHaveLength(2);
});

test.for([
  ['another variable', answer({ NODE_OPTIONS: '--import=evil-module' }), 'ConfigError', 'expected a JSON object'],
  ['no JSON', answer('postgresql://claire:hunter2@db/a'), 'ConfigError', 'expected a JSON object'],
  ['no value', refusal('ResourceNotFoundException'), 'ConfigError', 'put-secret-value'],
  ['a refusal', refusal('AccessDeniedException'), 'NotAllowed', 'kms:Decrypt'],
] as const)(
  'a secret with %s is refused, named, and not repeated; the next call asks again',
  async ([what, given, name, says]) => {
    await using server = await scriptedServer([given, answer({ DATABASE_URL: 'postgresql://a@db/a' })]);
    client(server.origin);
    const env = { DATASENS_SECRETS: `arn:of:${what}` };
    const error = await withSecrets(env, signal).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ name, message: expect.stringMatching(new RegExp(`arn:of:${what}.*${says}`)) });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|evil-module/);
    expect(await withSecrets(env, signal)).toMatchObject({ DATABASE_URL: 'postgresql://a@db/a' });
  },
);

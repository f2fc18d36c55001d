import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseConfig } from '../config.ts';
import { withPassword } from './rds-token.ts';
import { clientConfig, libpqEnvironment } from './target.ts';

const URL = 'postgresql://claire@db.example:5433/crm?sslmode=require';
const TOKEN = /^db\.example:5433\/\?Action=connect&DBUser=claire&.*X-Amz-Expires=900&.*X-Amz-Signature=[0-9a-f]{64}/;

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
});
afterEach(() => vi.unstubAllEnvs());

function sourceOf(url: string, more: NodeJS.ProcessEnv = { DATASENS_RDS_IAM: 'true' }) {
  const target = parseConfig({ DATABASE_URL: url, ...more }).sources.get('default');
  if (!target) throw new Error('expected a source');
  return target;
}

test('each connection to a database of RDS, and each tool, has a token of its own in place of a password', async () => {
  const target = sourceOf(URL);
  const { password } = clientConfig(target, 'test', {});
  expect(password).toBeTypeOf('function');
  expect(await (password as () => Promise<string>)()).toMatch(TOKEN);
  expect(libpqEnvironment(await withPassword(target), 'test')).toMatchObject({
    PGPASSWORD: expect.stringMatching(TOKEN),
  });
  expect(libpqEnvironment(target, 'test')).not.toHaveProperty('PGPASSWORD');
});

test('a URL that has a password keeps it, and without the variable there are no tokens', async () => {
  const own = sourceOf('postgresql://claire:s3cret@db.example/crm?sslmode=require');
  expect(clientConfig(own, 'test', {}).password).toBe('s3cret');
  expect(libpqEnvironment(await withPassword(own), 'test').PGPASSWORD).toBe('s3cret');
  expect(clientConfig(sourceOf(URL, {}), 'test', {}).password).toBeUndefined();
});

test('a token is not sent in the clear, and the variable says one thing', () => {
  expect(() => sourceOf('postgresql://claire@db.example/crm')).toThrow('DATABASE_URL: add ?sslmode=require');
  expect(() => sourceOf('postgresql://claire@db.example/crm?sslmode=prefer')).toThrow(
    'DATABASE_URL: add ?sslmode=require',
  );
  expect(() => sourceOf(URL, { DATASENS_RDS_IAM: 'yes' })).toThrow('DATASENS_RDS_IAM: expected true');
});

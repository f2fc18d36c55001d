import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { DEFAULT_PROTECTED, protectedAmong } from './approval/protected-tables.ts';
import { parseConfig } from './config.ts';

test('with nothing set, the embedded defaults serve', () => {
  expect(parseConfig({ DATABASE_URL: '' })).toEqual({
    sources: new Map(),
    storage: pathToFileURL(resolve('.datasens/bucket')).href,
    s3: {},
    home: resolve('.datasens'),
    recipients: [],
    sensitive: new Map(),
    protectedTables: DEFAULT_PROTECTED,
    retention: { path: resolve('.datasens/retention.json'), required: false },
  });
});

test('retention rules that somebody names must be there', () => {
  const { retention } = parseConfig({ DATASENS_HOME: '/srv/home', DATASENS_RETENTION: '/etc/datasens.json' });
  expect(retention).toEqual({ path: '/etc/datasens.json', required: true });
});

test('DATABASE_URL is the default source, and the audit database where no other is named', () => {
  const config = parseConfig({
    DATABASE_URL: 'postgresql://a@db/main',
    DATASENS_SOURCES: '{"crm": "postgresql://b@crm/sales"}',
    DATASENS_STORAGE: 'file:///srv/dumps',
    DATASENS_HOME: '/srv/home',
    PG_BIN_DIR: '/usr/lib/postgresql/15/bin',
  });
  expect([...config.sources].map(([name, { database }]) => [name, database])).toEqual([
    ['default', 'main'],
    ['crm', 'sales'],
  ]);
  expect(config).toMatchObject({
    audit: { database: 'main' },
    storage: 'file:///srv/dumps',
    home: '/srv/home',
    binDir: '/usr/lib/postgresql/15/bin',
  });
  expect(
    parseConfig({ DATABASE_URL: 'postgresql://a@db/main', AUDIT_DATABASE_URL: 'postgresql://a@db/audit' }).audit
      ?.database,
  ).toBe('audit');
});

test.for([
  [{ S3_ENDPOINT: 'http://127.0.0.1:9000/' }, 'http://127.0.0.1:9000'],
  [{ S3_ENDPOINT: 'https://minio', AWS_ENDPOINT_URL: 'https://other' }, 'https://minio'],
  [{ AWS_ENDPOINT_URL: 'https://other', AWS_ENDPOINT_URL_S3: 'https://s3' }, 'https://s3'],
  [{}, undefined],
] as const)('the endpoint of %j is %s', ([env, endpoint]) => {
  expect(parseConfig(env).s3.endpoint).toBe(endpoint);
});

test('every problem is in one message, and no secret', () => {
  const parse = () =>
    parseConfig({
      DATABASE_URL: 'postgresql://a:s3cret@db',
      AUDIT_DATABASE_URL: 'nonsense s3cret',
      DATASENS_SOURCES: '{"Crm": "postgresql://a:s3cret@db/x"}',
      DATASENS_STORAGE: 'dumps',
      S3_ENDPOINT: 'http://key:s3cret@minio',
      PG_BIN_DIR: 'bin',
      DATASENS_RECIPIENTS: 's3cret',
      DATASENS_IDENTITY: 'AGE-SECRET-KEY-s3cret',
      DATASENS_SENSITIVE: '{"s3cret": 1}',
      DATASENS_PROTECTED: 'gold',
    });
  for (const name of [
    'S3_ENDPOINT',
    'DATABASE_URL',
    'AUDIT_DATABASE_URL',
    'DATASENS_SOURCES',
    'DATASENS_STORAGE',
    'PG_BIN_DIR',
    'DATASENS_RECIPIENTS',
    'DATASENS_IDENTITY',
    'DATASENS_SENSITIVE',
    'DATASENS_PROTECTED',
  ]) {
    expect(parse).toThrow(new RegExp(`\\b${name}: `));
  }
  expect(parse).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  expect(parse).not.toThrow(/s3cret/);
});

test.for([
  ['not JSON', '{'],
  ['not an object of strings', '{"a": 1}'],
  ['"default" belongs to DATABASE_URL', '{"default": "postgresql://a@db/x"}'],
] as const)('DATASENS_SOURCES that is %s', ([message, DATASENS_SOURCES]) => {
  expect(() => parseConfig({ DATASENS_SOURCES })).toThrow(message);
});

const RECIPIENT = 'age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm';

test('what is sensitive, whom it is encrypted to, and what opens it', () => {
  const DATASENS_SENSITIVE = '{"default": ["t04_*"], "crm": true}';
  const DATASENS_SOURCES = '{"crm": "postgresql://b@crm/sales"}';
  const config = parseConfig({ DATASENS_RECIPIENTS: RECIPIENT, DATASENS_SENSITIVE, DATASENS_SOURCES });
  expect(config).toMatchObject({
    recipients: [RECIPIENT],
    sensitive: new Map<string, unknown>([
      ['default', ['t04_*']],
      ['crm', true],
    ]),
  });
  expect(parseConfig({ DATASENS_IDENTITY: 'key.txt' }).identity).toEqual({ file: resolve('key.txt') });
  expect(parseConfig({ DATASENS_IDENTITY_SECRET: 'AGE-SECRET-KEY-1' }).identity).toEqual({
    secret: 'AGE-SECRET-KEY-1',
  });
});

test.for([
  [{ DATASENS_SENSITIVE: '{"default": true}' }, 'set DATASENS_RECIPIENTS, too'],
  [{ DATASENS_SENSITIVE: '{"cmr": true}', DATASENS_RECIPIENTS: RECIPIENT }, 'no such source: cmr'],
  [{ DATASENS_IDENTITY: 'key.txt', DATASENS_IDENTITY_SECRET: 'AGE-SECRET-KEY-1' }, 'are both set'],
] as const)('%j needs a change', ([env, says]) => {
  expect(() => parseConfig(env)).toThrow(says);
});

test('what is protected: gold.* unless somebody says otherwise', () => {
  const among = (env: NodeJS.ProcessEnv) => {
    const tables = ['gold', 'finance'].map((schema) => ({ schema, name: 't_1' }));
    return protectedAmong(parseConfig(env).protectedTables, tables).map(({ schema }) => schema);
  };
  expect(among({})).toEqual(['gold']);
  expect(among({ DATASENS_PROTECTED: '' })).toEqual(['gold']);
  expect(among({ DATASENS_PROTECTED: 'finance.t_*, gold.x' })).toEqual(['finance']);
  expect(among({ DATASENS_PROTECTED: '["gold.*", "finance.*"]' })).toEqual(['gold', 'finance']);
  expect(among({ DATASENS_PROTECTED: '[]' })).toEqual([]);
});

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { DEFAULT_PROTECTED, protectedAmong } from './approval/protected-tables.ts';
import { parseConfig } from './config.ts';
import { readPolicy } from './expiry/read-policy.ts';

test('with nothing set, the embedded defaults serve', () => {
  expect(parseConfig({ DATABASE_URL: '' })).toEqual({
    sources: new Map(),
    storage: pathToFileURL(resolve('.datasens/bucket')).href,
    s3: {},
    home: resolve('.datasens'),
    recipients: [],
    sensitive: new Map(),
    notify: {},
    protectedTables: DEFAULT_PROTECTED,
    retention: { path: resolve('.datasens/retention.json'), required: false },
    imports: { path: resolve('.datasens/imports.json'), required: false },
    schedules: { path: resolve('.datasens/schedules.json'), required: false },
    steps: { path: resolve('.datasens/steps.json'), required: false },
  });
});

test('retention rules and guarded steps that somebody names must be there', () => {
  const named = { DATASENS_RETENTION: '/etc/datasens.json', DATASENS_STEPS: '/etc/steps.json' };
  const { retention, steps } = parseConfig({ DATASENS_HOME: '/srv/home', ...named });
  expect(retention).toEqual({ path: '/etc/datasens.json', required: true });
  expect(steps).toEqual({ path: '/etc/steps.json', required: true });
});

test('a variable may have the settings themselves in place of the path of a file', async () => {
  const { retention } = parseConfig({ DATASENS_RETENTION: ' {"rules": "none"}' });
  await expect(readPolicy(retention)).rejects.toThrow('DATASENS_RETENTION:');
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
      DATASENS_NOTIFY_TOPIC: 'https://hooks.example/s3cret',
      DATASENS_NOTIFY_WEBHOOK: 'http://hooks.example/s3cret',
      DATASENS_PROTECTED: 'gold',
      DATASENS_INBOX_EVERY: '0',
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
    'DATASENS_NOTIFY_TOPIC',
    'DATASENS_NOTIFY_WEBHOOK',
    'DATASENS_PROTECTED',
    'DATASENS_INBOX_EVERY',
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

test('who is told: a topic, of the region in its ARN, and a webhook, whose URL is not printed with the rest', () => {
  const { notify } = parseConfig({
    DATASENS_NOTIFY_TOPIC: 'arn:aws-us-gov:sns:us-gov-west-1:123456789012:told_here-1',
    DATASENS_NOTIFY_WEBHOOK: 'https://hooks.example/s3cret?sig=s3cret',
  });
  expect(notify.topic).toEqual({
    arn: 'arn:aws-us-gov:sns:us-gov-west-1:123456789012:told_here-1',
    region: 'us-gov-west-1',
  });
  expect(notify.webhook?.url()).toBe('https://hooks.example/s3cret?sig=s3cret');
  expect(inspect(notify, { depth: null }) + JSON.stringify(notify)).not.toContain('s3cret');
});

test.for(['http://localhost:8065/h', 'http://127.0.0.1/h', 'http://127.9.9.9:1/h', 'http://[::1]:1/h'])(
  'a webhook on this machine may be had without TLS: %s',
  (url) => {
    expect(parseConfig({ DATASENS_NOTIFY_WEBHOOK: url }).notify.webhook?.url()).toBe(url);
  },
);

test.for([
  ['http://127.0.0.1.example/s3cret', 'expected https://'],
  ['http://10.0.0.1/s3cret', 'expected https://'],
  ['ftp://127.0.0.1/s3cret', 'expected a URL, https://host/path'],
  ['hooks.example/s3cret', 'expected a URL, https://host/path'],
  ['https://claire:s3cret@hooks.example/', 'without user and password'],
] as const)('DATASENS_NOTIFY_WEBHOOK=%s is refused', ([DATASENS_NOTIFY_WEBHOOK, says]) => {
  const parse = () => parseConfig({ DATASENS_NOTIFY_WEBHOOK });
  expect(parse).toThrow(says);
  expect(parse).not.toThrow(/s3cret/);
});

test.for([
  ['arn:aws:sns:eu-west-3:123456789012:told.fifo', 'got a FIFO one'],
  ['arn:aws:sqs:eu-west-3:123456789012:told', 'expected the ARN of a topic'],
  ['arn:aws:sns:eu-west-3:123456789012:told:subscription', 'expected the ARN of a topic'],
  ['told', 'expected the ARN of a topic'],
] as const)('DATASENS_NOTIFY_TOPIC=%s is refused', ([DATASENS_NOTIFY_TOPIC, says]) => {
  expect(() => parseConfig({ DATASENS_NOTIFY_TOPIC })).toThrow(says);
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

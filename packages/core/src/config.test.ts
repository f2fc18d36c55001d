import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

test('with nothing set, the embedded defaults serve', () => {
  expect(parseConfig({ DATABASE_URL: '' })).toEqual({
    sources: new Map(),
    storage: pathToFileURL(resolve('.datasens/bucket')).href,
    s3: {},
    home: resolve('.datasens'),
  });
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
    });
  for (const name of [
    'S3_ENDPOINT',
    'DATABASE_URL',
    'AUDIT_DATABASE_URL',
    'DATASENS_SOURCES',
    'DATASENS_STORAGE',
    'PG_BIN_DIR',
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

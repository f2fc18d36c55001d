import { describe, expect, test } from 'vitest';
import { clientConfig, describeTarget, libpqEnvironment, parseDatabaseUrl } from './target.ts';

const parse = (url: string) => parseDatabaseUrl(url, 'DATABASE_URL');

test.for([
  [
    'postgresql://claire:p%40ss@db.example:5433/datasens',
    { host: 'db.example', port: 5433, user: 'claire', password: 'p@ss', database: 'datasens' },
  ],
  ['postgres://claire@db/d%C3%A9p%C3%B4t%2F1%3F', { host: 'db', port: 5432, user: 'claire', database: 'dépôt/1?' }],
  [
    'postgresql://claire@/datasens?host=/var/run/postgresql',
    { host: '/var/run/postgresql', port: 5432, user: 'claire', database: 'datasens' },
  ],
  [
    'postgresql://claire@%2Ftmp%2Fa%20b:5433/datasens',
    { host: '/tmp/a b', port: 5433, user: 'claire', database: 'datasens' },
  ],
  [
    'postgresql://claire@[::1]/datasens?sslmode=require',
    { host: '::1', port: 5432, user: 'claire', database: 'datasens', tls: { sslmode: 'require' } },
  ],
] as const)('%s', ([url, expected]) => {
  expect(parse(url)).toEqual({ tls: {}, ...expected });
});

test.for([
  ['mysql://a@b/c', /not a PostgreSQL URL/],
  ['postgresql://a:s3cret@/c', /names no host/],
  ['postgresql://a:s3cret@b', /names no database/],
  ['postgresql://a:s3cret@b:99999/c', /cannot be parsed|port/],
  ['postgresql://a:s3cret@b/c?target_session_attrs=any', /unknown parameter target_session_attrs/],
  ['postgresql://a:s3cret@b/c?sslrootcert=/no/such/file', /cannot read \/no\/such\/file/],
] as const)('%s is refused without its password', ([url, message]) => {
  const refused = () => parse(url);
  expect(refused).toThrow(expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) }));
  expect(refused).not.toThrow(/s3cret/);
});

describe('what the tools and pg are given', () => {
  const target = parse('postgresql://claire:s3cret@db/datasens?sslmode=verify-full');

  test('the URL alone decides: inherited PG variables are dropped', () => {
    process.env.PGOPTIONS = '-c statement_timeout=1';
    process.env.PGSSLMODE = 'disable';
    try {
      const env = libpqEnvironment(target, 'test', { search_path: 'a b' });
      expect(env).toMatchObject({
        PGHOST: 'db',
        PGUSER: 'claire',
        PGPASSWORD: 's3cret',
        PGDATABASE: 'datasens',
        PGSSLMODE: 'verify-full',
      });
      expect(env.PGOPTIONS).toContain('-c search_path=a\\ b');
      expect(env.PGOPTIONS).not.toContain('statement_timeout');
    } finally {
      delete process.env.PGOPTIONS;
      delete process.env.PGSSLMODE;
    }
  });

  test('pg verifies what the URL says', () => {
    expect(clientConfig(target, 'test', {}).ssl).toEqual({});
    expect(clientConfig(parse('postgresql://a@b/c?sslmode=require'), 'test', {}).ssl).toEqual({
      rejectUnauthorized: false,
    });
    expect(clientConfig(parse('postgresql://a@b/c'), 'test', {}).ssl).toBe(false);
  });

  test('a description has no credentials', () => {
    expect(describeTarget(target)).toBe('db:5432/datasens');
  });
});

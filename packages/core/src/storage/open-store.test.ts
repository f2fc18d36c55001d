import { expect, test } from 'vitest';
import { openStore } from './open-store.ts';

test.for([
  ['file:///data/bucket', 'file:///data/bucket'],
  ['file:///data/my%20bucket/', 'file:///data/my%20bucket'],
  ['s3://bucket', 's3://bucket'],
  ['s3://bucket/', 's3://bucket'],
  ['s3://my.bucket-1/backups/prod/', 's3://my.bucket-1/backups/prod'],
] as const)('%j opens the store %j', async ([location, uri]) => {
  expect((await openStore(location)).uri).toBe(uri);
});

test.for([
  ['https://user:secret@host/x', 'https:// is no kind of store: use file:///dir or s3://bucket/prefix'],
  ['', 'expected a store as file:///dir or s3://bucket/prefix, got ""'],
  ['./bucket', 'expected a store as file:///dir or s3://bucket/prefix, got "./bucket"'],
  ['file:bucket', 'expected a store as file:///dir or s3://bucket/prefix, got "file:bucket"'],
  ['file://host/dir', 'expected a folder as file:///dir, without host, query or fragment'],
  ['file:///dir?x', 'expected a folder as file:///dir, without host, query or fragment'],
  ['file:///a%2Fb', '"file:///a%2Fb" names no folder'],
  ['s3://', '"s3://" names no bucket: expected s3://bucket/prefix'],
  ['s3://Bucket/p', '"s3://Bucket/p" names no bucket: expected s3://bucket/prefix'],
  ['s3://bucket/a/../b', /^the prefix "a\/..\/b" is not made of segments/],
  ['s3://bucket/a//b', /^the prefix "a\/\/b" is not made of segments/],
] as const)('%j is a ConfigError that says what to write', async ([location, message]) => {
  const error = await openStore(location).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'ConfigError' });
  if (typeof message === 'string') expect((error as Error).message).toBe(message);
  else expect((error as Error).message).toMatch(message);
});

import { expect, test } from 'vitest';
import { openStore } from './open-store.ts';

test('a file location opens the store in that folder', () => {
  expect(openStore('file:///data/bucket').uri).toBe('file:///data/bucket');
  expect(openStore('file:///data/my%20bucket/').uri).toBe('file:///data/my%20bucket');
});

test.for([
  ['s3://bucket/prefix', 'the S3 driver is not in this version yet: use file:///dir'],
  ['https://user:secret@host/x', 'https:// is no kind of store: use file:///dir'],
  ['', 'expected a store as file:///dir or s3://bucket/prefix, got ""'],
  ['./bucket', 'expected a store as file:///dir or s3://bucket/prefix, got "./bucket"'],
  ['file:bucket', 'expected a store as file:///dir or s3://bucket/prefix, got "file:bucket"'],
  ['file://host/dir', 'expected a folder as file:///dir, without host, query or fragment'],
  ['file:///dir?x', 'expected a folder as file:///dir, without host, query or fragment'],
  ['file:///a%2Fb', '"file:///a%2Fb" names no folder'],
] as const)('%j is a ConfigError that says what to write', ([location, message]) => {
  expect(() => openStore(location)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

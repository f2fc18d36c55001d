import { expect, test } from 'vitest';
import { isCopyReadable, whyNotCopyReadable } from './copy-readable.ts';
import type { Dialect } from './dialect.ts';

const PLAIN: Dialect = {
  encoding: 'utf-8',
  byteOrderMark: false,
  lineEnd: 'crlf',
  delimiter: ';',
  quote: '"',
  escape: '"',
  skipLines: 0,
  headerRows: 1,
  footerLines: 0,
  columns: 3,
};

test.for([
  {},
  { encoding: 'windows-1252', lineEnd: 'cr', delimiter: '\t', quote: "'", escape: '\\', headerRows: 0 },
  { byteOrderMark: true },
] as const)('COPY reads %j', (changes) => {
  expect(isCopyReadable({ ...PLAIN, ...changes })).toBe(true);
});

test.for([
  [{ encoding: 'utf-16le' }, 'utf-16le'],
  [{ lineEnd: 'mixed' }, 'several ways'],
  [{ delimiter: '||' }, 'one ASCII character'],
  [{ delimiter: '§' }, 'one ASCII character'],
  [{ quote: null, escape: null }, 'without quotes'],
  [{ skipLines: 2 }, 'before its header'],
  [{ headerRows: 2 }, 'several rows'],
  [{ footerLines: 1 }, 'after its last row'],
  [{ byteOrderMark: true, headerRows: 0 }, 'byte order mark'],
] as const)('COPY does not read %j', ([changes, reason]) => {
  expect(whyNotCopyReadable({ ...PLAIN, ...changes })).toContain(reason);
});

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { benchmarks, DOCUMENT } from './report.ts';

test('docs/benchmarks.md is what the committed results make it (npm run bench:docs)', async () => {
  expect(await readFile(DOCUMENT, 'utf8')).toBe(await benchmarks());
});

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { diffStack } from './harness/diff-stack.ts';
import { ofType } from './harness/graph.ts';
import { STAGES } from './stages.ts';

const MOST_BYTES = 5_000_000;

// SST bundles four at a time, on two cores that may be somebody else's.
const PATIENCE_MS = 400_000;

test('every bundle that SST makes is small, can be loaded, is a handler, and has the migrations if it opens a database', {
  timeout: PATIENCE_MS,
}, async () => {
  await using stack = await diffStack('test', STAGES.test, { bundles: true });
  const zipped = ofType(stack.resources, 'lambda/function').filter(({ inputs }) => inputs.packageType === 'Zip');
  for (const { name, inputs } of zipped) {
    const handler = name.replace(/Function$/, '');
    const [file = '', exported = ''] = inputs.handler.split('.');
    const path = join(stack.artifacts, `${handler}-src`, `${file}.mjs`);
    const { size } = await stat(path);
    expect({ handler, size }).toSatisfy(() => size > 10_000 && size <= MOST_BYTES);
    const loaded = await import(pathToFileURL(path).href);
    expect({ handler, is: typeof loaded[exported] }).toEqual({ handler, is: 'function' });
    const zip = await readFile(join(stack.artifacts, handler, 'code.zip'));
    const migrates = inputs.environment?.variables.S3_KMS_KEY_ID !== undefined;
    expect({ handler, migrates: zip.includes('migrations/000001') }).toEqual({ handler, migrates });
  }
  expect(zipped.length).toBeGreaterThan(20);
});

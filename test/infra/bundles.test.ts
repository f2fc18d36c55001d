import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
  const paths: string[] = [];
  for (const { name, inputs } of zipped) {
    const handler = name.replace(/Function$/, '');
    expect({ handler, is: inputs.handler }).toEqual({ handler, is: 'bundle.handler' });
    const path = join(stack.artifacts, `${handler}-src`, 'bundle.mjs');
    const { size } = await stat(path);
    expect({ handler, size }).toSatisfy(() => size > 10_000 && size <= MOST_BYTES);
    const zip = await readFile(join(stack.artifacts, handler, 'code.zip'));
    const migrates = inputs.environment?.variables.S3_KMS_KEY_ID !== undefined;
    expect({ handler, migrates: zip.includes('migrations/000001') }).toEqual({ handler, migrates });
    paths.push(path);
  }
  expect(paths.length).toBeGreaterThan(20);
  const loaded = await kindsOfHandlers(paths);
  expect(loaded).toEqual(Object.fromEntries(paths.map((path) => [path, 'function'])));
});

/** What each bundle exports as `handler`, or why it does not load, by Node itself. */
async function kindsOfHandlers(paths: readonly string[]): Promise<Record<string, string>> {
  const program = `
    const kinds = {};
    for (const path of process.argv.slice(1)) {
      kinds[path] = await import(path).then(({ handler }) => typeof handler, String);
    }
    process.stdout.write(JSON.stringify(kinds));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, ...paths]);
  return JSON.parse(stdout);
}

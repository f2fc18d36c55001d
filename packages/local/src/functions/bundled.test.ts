import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { bundle, PROGRAMS } from '../../../../scripts/bundle.ts';

test('functions that are built run from what is built', async () => {
  await using folder = await temporaryFolder();
  await bundle(fileURLToPath(import.meta.resolve('./functions.ts')), folder.path, PROGRAMS);
  await writeFile(join(folder.path, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder.path, 'functions/double.js'), 'export const handler = (n) => n * 2;');
  const program = `
    import { openFunctions } from ${JSON.stringify(join(folder.path, 'functions.js'))};
    const options = { folders: [${JSON.stringify(join(folder.path, 'functions'))}], environment: {}, log: console.error };
    await using functions = openFunctions(options);
    console.log(await functions.invoke('double', 21, new AbortController().signal));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).toBe('42\n');
});

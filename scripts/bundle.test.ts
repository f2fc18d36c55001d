import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { bundle } from './bundle.ts';

test('what speaks to S3 is bundled to load no second client of HTTP', async () => {
  await using folder = await temporaryFolder();
  await bundle(fileURLToPath(import.meta.resolve('@datasens/core/storage/s3.ts')), folder.path);
  const program = `
    await import(${JSON.stringify(join(folder.path, 's3.js'))});
    console.log(process.moduleLoadList.filter((name) => /http_client|undici/.test(name)).join());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).toBe('NativeModule _http_client\n');
});

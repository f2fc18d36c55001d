/** Checks the types of sst.config.ts and infra/ against SST's own, as strictly as ours are; its sources are not ours to judge. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { linkPlatform, providePlatform } from '../test/infra/harness/provide-platform.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
await linkPlatform(root, await providePlatform(root));
const output = await promisify(execFile)('node_modules/.bin/tsc', ['--noEmit', '--project', 'infra/tsconfig.json'], {
  cwd: root,
  maxBuffer: 64_000_000,
}).then(
  ({ stdout }) => stdout,
  (error: Error & { readonly stdout?: string }) => {
    if (!error.stdout) throw error;
    return error.stdout;
  },
);
// What belongs to an error is indented below it.
const problems = output.split(/\n(?! )/).filter((problem) => problem !== '' && !problem.startsWith('.sst/'));
for (const problem of problems) console.log(problem);
console.log(`types of the stack: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

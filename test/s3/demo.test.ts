import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { embeddedHome } from '@datasens/testkit/embedded-home.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { expect, test } from 'vitest';

const DEMO = join(import.meta.dirname, '../../examples/demo/demo.ts');

// One of them is enough: each verb by itself is tested on all.
test.for(s3Servers().slice(0, 1))('the demo tells the same story on $kind', async ({ endpoint }) => {
  await using home = await embeddedHome({ name: 'demo' });
  const bucket = await testBucket(endpoint);
  const env = { ...process.env, S3_ENDPOINT: endpoint, DATASENS_STORAGE: `s3://${bucket.name}/demo` };
  const child = spawn(process.execPath, [DEMO, home.path], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  expect(stdout).toContain(`the dumps are in s3://${bucket.name}/demo`);
  expect(status).toBe(0);
  expect(stdout).toMatch(/"phase": "certified",/);
  const keys = (await bucket.list()).map(([key]) => key);
  expect(keys).toContainEqual(expect.stringMatching(/^demo\/dumps\/SQL\/default\/manual\/[^/]+\/manifest\.json$/));
});

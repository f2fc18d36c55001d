import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { S3_CREDENTIALS } from './packages/testkit/src/s3-server.ts';
import { ON_EVERY_STORE, OTHER_ENDPOINT, S3_STORE_KINDS, WORKFLOW_STORE } from './packages/testkit/src/store-kinds.ts';

// The same sources and packages are loaded by hundreds of processes, workers and commands that tests start: each need
// not compile them anew.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node', import.meta.url));

// What functions log of failures that tests provoke.
process.env.POWERTOOLS_LOG_LEVEL ??= 'SILENT';

// A hang is a failure; how long a machine takes is not a test.
const patient = { testTimeout: 120_000, hookTimeout: 120_000 };
const server = 'packages/testkit/src/global-setup.ts';
const onS3 = {
  ...patient,
  globalSetup: ['packages/testkit/src/s3-setup.ts', server],
  env: {
    DATASENS_TEST_BUCKETS: `test-${randomBytes(4).toString('hex')}-`,
    // A server that is the caller's takes the caller's.
    ...(OTHER_ENDPOINT === undefined
      ? { AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey }
      : {}),
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...patient,
          name: 'unit',
          include: ['{packages/*/src,functions,bench,scripts}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, '**/*.int.test.ts', '**/*.s3.test.ts'],
        },
      },
      {
        test: {
          ...patient,
          name: 'integration',
          include: ['{packages/*/src,functions}/**/*.int.test.ts', 'test/{e2e,fault,restore}/**/*.test.ts'],
          globalSetup: [server],
          provide: { storeKind: 'file' },
        },
      },
      ...S3_STORE_KINDS.map((kind) => ({
        test: {
          ...onS3,
          name: `integration:${kind}`,
          include: kind === WORKFLOW_STORE ? [...ON_EVERY_STORE, 'test/workflows/**/*.test.ts'] : [...ON_EVERY_STORE],
          setupFiles: ['packages/testkit/src/needs-s3.ts'],
          provide: { storeKind: kind },
        },
      })),
      { test: { ...onS3, name: 's3', include: ['packages/*/src/**/*.s3.test.ts', 'test/s3/**/*.test.ts'] } },
      // The stack on AWS, with no account.
      {
        test: {
          ...patient,
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          globalSetup: ['test/infra/setup.ts'],
          // They share what takes seconds to find out.
          fileParallelism: false,
        },
      },
      // A fresh clone that installs everything anew, from the registry: for CI rather than for every day.
      {
        test: { name: 'newcomer', include: ['test/newcomer/**/*.test.ts'], testTimeout: 900_000, hookTimeout: 120_000 },
      },
      // Functions as Lambda runs them, and the image that they are deployed in.
      ...['lambda', 'container'].map((name) => ({
        test: {
          ...onS3,
          name,
          include: [`test/${name}/**/*.test.ts`],
          globalSetup: [
            'packages/testkit/src/s3-setup.ts',
            'packages/testkit/src/tcp-server-setup.ts',
            `packages/testkit/src/${name}-setup.ts`,
          ],
          setupFiles: ['packages/testkit/src/needs-s3.ts'],
          provide: { storeKind: WORKFLOW_STORE },
          // Each has a dozen containers.
          maxWorkers: 2,
        },
      })),
    ],
  },
});

import { defineConfig } from 'vitest/config';
import { S3_CREDENTIALS } from './packages/testkit/src/s3-server.ts';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/*.int.test.ts', '**/*.s3.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/src/**/*.int.test.ts', 'test/{e2e,fault,restore}/**/*.test.ts'],
          globalSetup: ['packages/testkit/src/global-setup.ts'],
          // A hang is a failure; how long a machine takes is not a test.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 's3',
          include: ['packages/*/src/**/*.s3.test.ts', 'test/s3/**/*.test.ts'],
          globalSetup: ['packages/testkit/src/s3-setup.ts', 'packages/testkit/src/global-setup.ts'],
          env: {
            AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
            AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
          },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      // A fresh clone that installs everything anew, from the registry: for CI rather than for every day.
      {
        test: { name: 'newcomer', include: ['test/newcomer/**/*.test.ts'], testTimeout: 900_000, hookTimeout: 120_000 },
      },
    ],
  },
});

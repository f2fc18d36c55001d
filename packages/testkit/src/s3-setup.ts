import type { TestProject } from 'vitest/node';
import { S3_KINDS, type S3Kind, s3Unavailable } from './s3-binary.ts';
import { removeAbandonedS3Servers, startS3Server } from './s3-server.ts';

/** A server that all tests of a run share. */
export interface SharedS3Server {
  readonly kind: S3Kind;
  readonly endpoint: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Empty where no server can be had: never in CI. */
    s3Servers: readonly SharedS3Server[];
  }
}

/** MinIO and versitygw for a whole run. Vitest calls what is returned at its end, also when tests failed. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandonedS3Servers();
  const reason = await s3Unavailable();
  if (reason !== undefined && process.env.CI) throw new Error(`the S3 tier cannot run: ${reason}`);
  if (reason !== undefined) project.vitest.logger.warn(`\n*** THE S3 TESTS ARE SKIPPED: ${reason} ***\n`);
  const log = (message: string) => project.vitest.logger.log(message);
  const servers = reason === undefined ? await Promise.all(S3_KINDS.map((kind) => startS3Server(kind, { log }))) : [];
  project.provide(
    's3Servers',
    servers.map(({ kind, endpoint }) => ({ kind, endpoint })),
  );
  return async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  };
}

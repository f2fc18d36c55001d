import type { TestProject } from 'vitest/node';
import { lentServers } from './lent-servers.ts';
import { removeBuckets } from './remove-buckets.ts';
import { S3_KINDS, s3Unavailable } from './s3-binary.ts';
import { removeAbandonedS3Servers, startS3Server } from './s3-server.ts';
import { OTHER_ENDPOINT, type StoreKind } from './store-kinds.ts';

/** A server that all tests of a run share. */
export interface SharedS3Server {
  readonly kind: Exclude<StoreKind, 'file'>;
  readonly endpoint: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Those that the project is about. Empty where no server can be had: never in CI. */
    s3Servers: readonly SharedS3Server[];
  }
}

/**
 * The S3 servers of a project for a whole run: the one that its stores are on, or else all there are; those that
 * the run was lent, if any. Vitest calls what is returned at its end, also when tests failed.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (message: string) => project.vitest.logger.log(message);
  if (OTHER_ENDPOINT) {
    project.provide('s3Servers', [{ kind: 'other', endpoint: OTHER_ENDPOINT }]);
    // A server that is not ours does not go with the run.
    const endpoint = OTHER_ENDPOINT;
    const { DATASENS_TEST_BUCKETS: buckets } = project.config.env;
    if (!buckets) throw new Error('the project does not say how the names of its buckets begin');
    return () => removeBuckets(endpoint, buckets, log);
  }
  const { storeKind } = project.getProvidedContext();
  const isWanted = (kind: StoreKind) => storeKind === undefined || kind === storeKind;
  await removeAbandonedS3Servers();
  const lent = lentServers()?.s3Servers;
  if (lent) {
    project.provide(
      's3Servers',
      lent.filter(({ kind }) => isWanted(kind)),
    );
    return async () => undefined;
  }
  const reason = await s3Unavailable();
  if (reason !== undefined && process.env.CI) throw new Error(`the S3 tier cannot run: ${reason}`);
  if (reason !== undefined) project.vitest.logger.warn(`\n*** THE S3 TESTS ARE SKIPPED: ${reason} ***\n`);
  const wanted = S3_KINDS.filter(isWanted);
  const servers = reason === undefined ? await Promise.all(wanted.map((kind) => startS3Server(kind, { log }))) : [];
  project.provide(
    's3Servers',
    servers.map(({ kind, endpoint }) => ({ kind, endpoint })),
  );
  return async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  };
}

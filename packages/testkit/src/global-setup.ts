import { serverUser } from '@datasens/local/embedded/server-user.ts';
import type { TestProject } from 'vitest/node';
import { startServer } from './server.ts';
import { removeAbandonedServers } from './server-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of the server that all integration tests of a run share. */
    serverUrl: string;
  }
}

/** One server for a whole integration run. Vitest calls what is returned at its end, also when tests failed. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandonedServers(await serverUser());
  const server = await startServer();
  project.provide('serverUrl', server.url());
  return async () => {
    await server[Symbol.asyncDispose]();
  };
}

import type { TestProject } from 'vitest/node';
import { removeAbandonedHomes } from './embedded-home.ts';
import { lentServers } from './lent-servers.ts';
import { removeAbandonedServers, startServer } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of the server that all integration tests of a run share. */
    serverUrl: string;
  }
}

/** One server for a whole integration run, unless it was lent one. Vitest calls what is returned at its end, also when tests failed. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandonedServers();
  await removeAbandonedHomes();
  const lent = lentServers();
  if (lent) {
    project.provide('serverUrl', lent.serverUrl);
    return async () => undefined;
  }
  const server = await startServer();
  project.provide('serverUrl', server.url());
  return async () => {
    await server[Symbol.asyncDispose]();
  };
}

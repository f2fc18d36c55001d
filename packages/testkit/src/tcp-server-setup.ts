import type { TestProject } from 'vitest/node';
import { imageArguments } from './container/image-arguments.ts';
// For the type of what is provided.
import type {} from './global-setup.ts';
import { lentServers } from './lent-servers.ts';
import { removeAbandonedServers, type ServerOptions, startServer } from './server.ts';

/** What a server is to be that functions in containers reach, and that the client tools of the image suit. */
export async function tcpServerOptions(): Promise<ServerOptions> {
  return { tcp: true, major: Number((await imageArguments()).PG_MAJOR) };
}

/** One server for a whole run, of which tests know the TCP port alone, unless it was lent one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandonedServers();
  const lent = lentServers();
  if (lent) {
    project.provide('serverUrl', lent.serverUrl);
    return async () => undefined;
  }
  const server = await startServer(await tcpServerOptions());
  project.provide('serverUrl', server.url('postgres', { tcp: true }));
  return async () => {
    await server[Symbol.asyncDispose]();
  };
}

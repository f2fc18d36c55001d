import type { SharedS3Server } from './s3-setup.ts';

/** Servers that outlive a test run, lent to it by who starts it. */
export interface LentServers {
  /** The superuser's URL. */
  readonly serverUrl: string;
  /** One of each kind. Where it is absent, the run has to start its own. */
  readonly s3Servers?: readonly SharedS3Server[];
}

const VARIABLE = 'DATASENS_TEST_SERVERS';

/** What a test run needs in its environment to use these servers. */
export function lendServers(servers: LentServers): Record<string, string> {
  return { [VARIABLE]: JSON.stringify(servers) };
}

/** Those that this run was lent. */
export function lentServers(): LentServers | undefined {
  const { [VARIABLE]: servers } = process.env;
  return servers ? JSON.parse(servers) : undefined;
}

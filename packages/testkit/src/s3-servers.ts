import { inject, test } from 'vitest';
import type { S3Kind } from './s3-binary.ts';
import type { SharedS3Server } from './s3-setup.ts';

/** The servers of the run. Where there are none, which s3-setup.ts says loudly, the file has a skipped test instead. */
export function s3Servers(): readonly SharedS3Server[] {
  const servers = inject('s3Servers');
  if (servers.length === 0) test.skip('needs an S3 server', () => undefined);
  return servers;
}

/** The kinds of server that a test may start one of its own of, to end it as it likes. */
export function ownS3Kinds(): readonly S3Kind[] {
  const kinds = inject('s3Servers').flatMap(({ kind }) => (kind === 'other' ? [] : [kind]));
  if (kinds.length === 0) test.skip('needs an S3 server of its own', () => undefined);
  return kinds;
}

/** The server that the project's stores are on. */
export function sharedS3Server(): SharedS3Server {
  const kind = inject('storeKind');
  const server = inject('s3Servers').find((each) => each.kind === kind);
  if (!server) throw new Error(`no S3 server of kind ${kind} was started`);
  return server;
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';
import type { Datasens } from './command.ts';
import { openWithAge } from './open-with-age.ts';
import { type Server, urlOf } from './psql.ts';
import { newestDump, refused, say } from './tell.ts';

/** A dump that only who has the key can open: by a restore, and by the ordinary `age` where this machine has it. */
export async function encryptDump(
  datasens: Datasens,
  { store, server, home }: { readonly store: BlobStore; readonly server: Server; readonly home: string },
): Promise<void> {
  // What age-keygen writes, which a bare machine does not have.
  const { secret, recipient } = await testKeys();
  const identity = join(home, 'key.txt');
  await writeFile(identity, `# public key: ${recipient}\n${secret}\n`, { mode: 0o600 });

  say('Encrypt one. Whoever dumps needs the public key alone, and cannot open what it has written.');
  await datasens(['dump', '--sensitive'], { env: { DATASENS_RECIPIENTS: recipient } });
  const { dumpId, key } = await newestDump(datasens);
  const restore = ['restore', String(dumpId), '--into', urlOf(server, `ouverte_${dumpId}`)];

  say('Without the key it stays shut; with it, it is restored and proven as any other.');
  await refused(datasens, [...restore, '--json'], 'ConfigError', { status: 2 });
  await datasens([...restore, '--prove'], { env: { DATASENS_IDENTITY: identity } });
  const opened = await openWithAge(store, { key, identity, file: join(home, 'data.age') });
  if (!opened) say('It is an age file, which the ordinary age opens, too. This machine has none.');
}

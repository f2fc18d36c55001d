import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testBlobStore } from './contract.ts';
import { fileStore } from './file.ts';

async function openFileStore() {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-store-'));
  return {
    store: fileStore(join(folder, 'bucket')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

testBlobStore('fileStore', openFileStore);

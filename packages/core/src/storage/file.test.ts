import { spawnSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BlobInfo, BlobStore } from './blob-store.ts';
import { testBlobStore } from './contract.ts';
import { fileStore } from './file.ts';
import { ownerName } from './process-owner.ts';

testBlobStore('fileStore', openFileStore);

describe('fileStore in its folder', { timeout: 120_000 }, () => {
  test('stores keys as they read, for this user alone', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    await store.put('dumps/sql/2026-11-22 (a).dump', [Buffer.from('x')]);
    const path = join(root, 'dumps/sql/2026-11-22 (a).dump');
    expect(await readFile(path, 'utf8')).toBe('x');
    expect(store.uriOf('dumps/sql/x.dump')).toBe(`file://${root}/dumps/sql/x.dump`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    for (const folder of [root, dirname(path), join(root, '.datasens')]) {
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
    }
  });

  test('gives every write an ETag of its own, even for the same bytes', async () => {
    await using opened = await openFileStore();
    const { store } = opened;
    const etags = new Set<string>();
    for (let i = 0; i < 5; i++) etags.add((await store.put('k', [Buffer.from('same')])).etag);
    await store.delete('k');
    etags.add((await store.put('k', [Buffer.from('same')])).etag);
    expect(etags.size).toBe(6);
  });

  test('leaves nothing behind but objects: no temp file, no metadata of old versions', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    for (let i = 0; i < 3; i++) await store.put('k', [Buffer.from('x')], { metadata: { i: String(i) } });
    await store.put('k', [], { ifAbsent: true }).catch(() => undefined);
    await store.copy('k', 'l');
    await store.put('k', failingBody(), { metadata: { i: 'never' } }).catch(() => undefined);
    await store.delete('k');
    expect(await readdir(join(root, '.datasens/tmp'))).toEqual([]);
    expect(await readdir(join(root, '.datasens/metadata'))).toHaveLength(1);
    await store.delete('l');
    expect(await readdir(join(root, '.datasens/metadata'))).toEqual([]);
  });

  test('a small object is read into no more memory than it has bytes', async () => {
    await using opened = await openFileStore();
    const { store } = opened;
    await store.put('k', [Buffer.from('small')]);
    for await (const chunk of store.read('k')) expect(chunk.buffer.byteLength).toBe(5);
    for await (const chunk of store.read('k', { range: { start: 1, end: 9 } })) expect(chunk.buffer.byteLength).toBe(4);
  });

  test('takes a file that was put there by hand for an object', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    await mkdir(join(root, 'inbox'), { recursive: true });
    await writeFile(join(root, 'inbox/by hand.csv'), 'a,b\n');
    const { blobs } = await store.list('inbox/');
    expect(blobs).toMatchObject([{ key: 'inbox/by hand.csv', sizeBytes: 4 }]);
    expect(await store.head('inbox/by hand.csv')).toEqual({ ...blobs[0], metadata: {} });
    expect(await textOf(store, 'inbox/by hand.csv')).toBe('a,b\n');
    await store.copy('inbox/by hand.csv', 'imported/x.csv');
    await store.delete('inbox/by hand.csv');
    expect((await store.list('')).blobs).toMatchObject([{ key: 'imported/x.csv' }]);
  });

  test('a version is deleted, and never the newer one that comes in the same moment', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    const path = join(root, 'k');
    let alone = 0;
    for (let round = 0; round < 400; round += 1) {
      const { etag } = await store.put('k', [Buffer.from('old')]);
      await writeFile(join(root, 'newer'), 'newer');
      const deletion = store.delete('k', { etag }).then(
        () => (alone += 1),
        (error: unknown) => expect(error).toMatchObject({ name: 'Conflict' }),
      );
      for (let turn = 0; turn < round % 20; turn += 1) await new Promise(setImmediate);
      // It is not in our hands who is first, but for this.
      if (round % 20 === 19) await deletion;
      await rename(join(root, 'newer'), path);
      await deletion;
      expect(await readFile(path, 'utf8')).toBe('newer');
    }
    expect(alone).toBeGreaterThan(0);
    expect(await readdir(join(root, '.datasens/tmp'))).toEqual([]);
  });

  test('shows damage on the disk to the reader, and a version that was altered as a Conflict', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    await store.put('k', [Buffer.from('abcdef')]);
    const { etag, modifiedAt } = await store.head('k');
    await truncate(join(root, 'k'), 3);
    expect(await textOf(store, 'k')).toBe('abc');
    await expect(textOf(store, 'k', etag)).rejects.toMatchObject({ name: 'Conflict' });
    await writeFile(join(root, 'k'), 'abcdeX');
    await utimes(join(root, 'k'), modifiedAt, modifiedAt);
    expect(await textOf(store, 'k')).toBe('abcdeX');
  });

  test('follows no symbolic link, whether it reads, lists, writes or deletes', async () => {
    await using opened = await openFileStore();
    const { store, root, outside } = opened;
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await store.put('real', [Buffer.from('x')]);
    await symlink(outside, join(root, 'link'));
    await symlink(join(outside, 'secret'), join(root, 'file'));
    expect((await store.list('')).blobs).toMatchObject([{ key: 'real' }]);
    expect(await store.list('link/')).toEqual({ blobs: [] });
    for (const key of ['link/secret', 'file', 'link']) {
      await expect(store.head(key)).rejects.toMatchObject({ name: 'NotFound' });
      await expect(textOf(store, key)).rejects.toMatchObject({ name: 'NotFound' });
      await store.delete(key);
    }
    for (const key of ['link/secret', 'link/new', 'link/a/b/c']) {
      await expect(store.put(key, [Buffer.from('x')])).rejects.toMatchObject({ name: 'NotAllowed' });
      await expect(store.copy('real', key)).rejects.toMatchObject({ name: 'NotAllowed' });
    }
    await store.put('file', [Buffer.from('mine')]);
    expect(await textOf(store, 'file')).toBe('mine');
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('writes nothing through a private folder that is a symbolic link', async () => {
    await using opened = await openFileStore();
    const { store, root, outside } = opened;
    await mkdir(outside);
    await mkdir(root);
    await symlink(outside, join(root, '.datasens'));
    await expect(store.put('k', [Buffer.from('x')])).rejects.toMatchObject({ name: 'NotAllowed' });
    expect(await readdir(outside)).toEqual([]);
  });

  test('that is a file is a ConfigError with its name', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    await writeFile(root, 'I am a file');
    const error = { name: 'ConfigError', message: expect.stringContaining(`file://${root}: there is a file`) };
    await expect(store.put('k', [Buffer.from('x')])).rejects.toMatchObject(error);
    await expect(store.list('')).rejects.toMatchObject(error);
  });

  test('that is not there is an empty store, and stays so until the first write', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    expect(await store.list('')).toEqual({ blobs: [] });
    await expect(store.head('k')).rejects.toMatchObject({ name: 'NotFound' });
    await expect(store.copy('k', 'l')).rejects.toMatchObject({ name: 'NotFound' });
    await store.delete('k');
    await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('keeps temp files of other hosts for a week after they were last touched', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    await store.put('k', [Buffer.from('x')]);
    const temp = join(root, '.datasens/tmp');
    const fresh = '0123456789abcdef.1.1.fresh';
    const old = '0123456789abcdef.1.1.old';
    for (const name of [fresh, old]) await writeFile(join(temp, name), 'x');
    const eightDaysAgo = new Date(Date.now() - 8 * 86_400_000);
    await utimes(join(temp, old), eightDaysAgo, eightDaysAgo);
    await store.put('k', [Buffer.from('y')]);
    expect(await readdir(temp)).toEqual([fresh]);
  });

  test('lists a folder with more names than it holds at a time', async () => {
    await using opened = await openFileStore();
    const { store, root } = opened;
    const keys = Array.from({ length: 6_000 }, (_, i) => `many/${(i * 7_919) % 6_000}`);
    await mkdir(join(root, 'many'), { recursive: true });
    for (const key of keys) await writeFile(join(root, key), '');
    // Empty folders come first and fill whole batches.
    for (let i = 0; i < 2_000; i++) await mkdir(join(root, 'many', `!${i}`));
    const found: BlobInfo[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<BlobStore['list']>> = await store.list('', { after });
      found.push(...page.blobs);
      after = page.next;
    }
    expect(found.map(({ key }) => key)).toEqual(keys.toSorted());
  });
});

async function openFileStore() {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-store-'));
  const root = join(folder, 'bucket');
  return {
    store: fileStore(root),
    root,
    outside: join(folder, 'outside'),
    async abandonWrite() {
      const { pid } = spawnSync(process.execPath, ['--version']);
      const [host] = ownerName().split('.');
      await writeFile(join(root, '.datasens/tmp', `${host}.${pid}.1.left-behind`), 'half of an object');
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function* failingBody() {
  yield Buffer.from('x');
  throw new Error('tool died');
}

async function textOf(store: BlobStore, key: string, etag?: string): Promise<string> {
  const chunks = await Array.fromAsync(store.read(key, etag === undefined ? {} : { etag }));
  return Buffer.concat(chunks).toString();
}

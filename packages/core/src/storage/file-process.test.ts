import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { fileStore } from './file.ts';

const run = promisify(execFile);
const storeChild = join(import.meta.dirname, 'store.child.ts');
const crashChild = join(import.meta.dirname, 'crash.child.ts');

/** What processes do to one another and to themselves: real ones, really killed, on real disks. */
describe('fileStore among processes', { timeout: 300_000 }, () => {
  test('killed in the middle of a body: nothing is visible, and the next write removes the remains', async () => {
    await using folder = await temporaryFolder();
    const store = fileStore(folder.root);
    const before = await store.put('k', [Buffer.from('before')], { metadata: { v: 'old' } });
    {
      await using child = startChild('hang', folder.root);
      await child.spoke;
      // Its writer lives: a writer of this process leaves it alone.
      await store.put('other', [Buffer.from('x')]);
      expect(await tempNames(folder.root)).toHaveLength(1);
    }
    expect(await store.head('k')).toEqual({ ...before, metadata: { v: 'old' } });
    await fileStore(folder.root).put('other', [Buffer.from('x')]);
    expect(await tempNames(folder.root)).toEqual([]);
    expect(await store.head('k')).toEqual({ ...before, metadata: { v: 'old' } });
  });

  test.concurrent.for([
    { action: 'replace', key: 'k', old: 'old', next: 'new' },
    { action: 'create', key: 'created', old: undefined, next: 'new' },
    { action: 'copy', key: 'k', old: 'old', next: 'source' },
    { action: 'below', key: 'k/below', old: undefined, next: 'new' },
    { action: 'delete', key: 'k', old: 'old', next: undefined },
  ])(
    'killed before any step of $action: the old or the new version is there, whole, and a write tidies up',
    async ({ action, key, old, next }) => {
      await using folder = await temporaryFolder();
      for (let step = 1, finished = false; !finished; step++) {
        const root = join(folder.root, String(step));
        const store = fileStore(root);
        for (const v of ['source', 'old']) {
          await store.put(v === 'old' ? 'k' : v, [Buffer.from(v)], { metadata: { v } });
        }
        const child = await run(process.execPath, [crashChild, action, root, String(step)]).catch((error) => error);
        finished = child.signal === undefined;
        if (finished) expect(Number(child.stdout)).toBe(step - 1);
        else expect(child.signal).toBe('SIGKILL');

        const { [key]: found, ...others } = await versionsOf(store);
        expect(finished ? [next] : [old, next]).toContain(found);
        expect(others).toEqual(key === 'k' ? { source: 'source' } : { source: 'source', k: 'old' });
        await store.put(key, [Buffer.from('again')], { metadata: { v: 'again' } });
        expect(await versionsOf(store)).toEqual({ ...others, [key]: 'again' });
        expect(await tempNames(root)).toEqual([]);
        expect(await metadataCount(root)).toBe(Object.keys(others).length + 1);
        if (finished) expect(step).toBeGreaterThan(3);
      }
    },
  );

  test('a full disk is NoSpace, names the store and the remedy, and leaves what was there', async () => {
    await using folder = await temporaryFolder();
    await mkdir(folder.root);
    // A disk of 8 MB of its own, in a mount namespace that ends with the process.
    const script = 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" "$3" fill "$1"';
    const args = ['sh', '-c', script, 'sh', folder.root, process.execPath, storeChild];
    const { stdout } = await run('unshare', [await ownMounts(), ...args]);
    const { errors, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ keys: ['k'], text: 'before', after: 1_000_000 });
    expect(errors).toHaveLength(2);
    for (const error of errors) {
      expect(error.name).toBe('NoSpace');
      expect(error.message).toContain(`file://${folder.root}: the disk is full: free space`);
    }
  });

  test.for([
    // A user namespace without a mapping takes even root's right to write anywhere.
    [
      'a folder without permission',
      ['-U', 'sh', '-c', 'exec "$2" "$3" refused "$1"'],
      'permission denied: give this user',
    ],
    [
      'a read-only disk',
      ['-Urm', 'sh', '-c', 'mount -t tmpfs -o ro tmpfs "$1" && exec "$2" "$3" refused "$1"'],
      'the file system is read-only: mount it',
    ],
  ] as const)('%s is NotAllowed, and says what to do', async ([, args, remedy]) => {
    await using folder = await temporaryFolder();
    await mkdir(folder.root, { mode: 0o500 });
    const { stdout } = await run('unshare', [...args, 'sh', folder.root, process.execPath, storeChild]);
    const error = JSON.parse(stdout);
    expect(error.name).toBe('NotAllowed');
    expect(error.message).toContain(`file://${folder.root}: ${remedy}`);
  });

  test('of several processes that create the same objects, each object has exactly one author', async () => {
    await using folder = await temporaryFolder();
    const results = await Promise.all(
      ['a', 'b', 'c'].map((letter) => run(process.execPath, [storeChild, 'claim', folder.root, letter])),
    );
    const won = results.map(({ stdout }): string[] => JSON.parse(stdout));
    expect(won.flat().toSorted()).toEqual(Array.from({ length: 40 }, (_, i) => `claim/${i}`).toSorted());
    const store = fileStore(folder.root);
    for (const [i, letter] of ['a', 'b', 'c'].entries()) {
      for (const key of won[i] ?? []) expect(await textOf(store, key)).toBe(letter.repeat(1_000));
    }
  });

  test('of keys that are one another’s folders, written and deleted at once, each stays one object', async () => {
    await using folder = await temporaryFolder();
    for (let round = 0; round < 3; round++) {
      const seeds = [11, 222, 3_333].map((seed) => String(seed + round * 7));
      await Promise.all(seeds.map((seed) => run(process.execPath, [storeChild, 'contend', folder.root, seed])));
      const store = fileStore(folder.root);
      const { blobs } = await store.list('');
      expect(new Set(blobs.map(({ key }) => key)).size).toBe(blobs.length);
      for (const { key, etag } of blobs) {
        expect(await store.head(key)).toMatchObject({ etag, metadata: { size: String(key.length) } });
        expect(await textOf(store, key)).toBe(key);
      }
      for (const { key } of blobs) await store.delete(key);
      expect(await store.list('')).toEqual({ blobs: [] });
      for (const { key } of blobs) await expect(store.head(key)).rejects.toMatchObject({ name: 'NotFound' });
      expect(await tempNames(folder.root)).toEqual([]);
      expect(await metadataCount(folder.root)).toBe(0);
    }
  });

  test('300 MB in, out and copied take a few buffers of memory', async () => {
    await using folder = await temporaryFolder();
    const { stdout } = await run(process.execPath, [storeChild, 'stream', folder.root, '300']);
    const { sizeBytes, growthMb } = JSON.parse(stdout);
    expect(sizeBytes).toBe(300 * 1_048_576);
    expect(growthMb).toBeLessThan(120);
  });
});

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-store-'));
  return {
    root: join(folder, 'bucket'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The option of `unshare` that lets this user mount: in a user namespace, or as root where those are switched off. */
function ownMounts(): Promise<string> {
  return run('unshare', ['-Urm', 'true']).then(
    () => '-Urm',
    () => '-m',
  );
}

/** A child that has something to say first, and is killed when it is disposed of. */
function startChild(action: string, root: string) {
  const child = spawn(process.execPath, [storeChild, action, root], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  return {
    spoke: once(child.stdout, 'data'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The bytes of every object, after a look at whether its metadata is of the same version. */
async function versionsOf(store: BlobStore): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const { key } of (await store.list('')).blobs) {
    const text = await textOf(store, key);
    expect((await store.head(key)).metadata).toEqual({ v: text });
    versions[key] = text;
  }
  return versions;
}

async function textOf(store: BlobStore, key: string): Promise<string> {
  return Buffer.concat(await Array.fromAsync(store.read(key))).toString();
}

function tempNames(root: string): Promise<string[]> {
  return readdir(join(root, '.datasens/tmp'));
}

async function metadataCount(root: string): Promise<number> {
  const entries = await readdir(join(root, '.datasens/metadata'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

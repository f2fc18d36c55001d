import type { Moved } from '@datasens/core/catalog/move-version.ts';
import { settleImported, settleRefused } from '@datasens/core/import/settle-object.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { findVersions } from '@datasens/core/storage/find-version.ts';
import { expect } from 'vitest';
import { keysBelow } from './expiry-world.ts';
import { crashAt, faultyStore } from './fault.ts';

const { signal } = new AbortController();
const SINCE = new Date('2026-11-27T10:00:00Z');
const FILE = 'id,title\n1,first\n';
const NEWER = 'id,title\n2,second\n';

/** A file of the inbox, which `settle` takes out of it as an import would, or a refusal. */
export async function fileToSettle(store: BlobStore, name: string, end: 'imported' | 'refused') {
  const key = `inbox/public.t/${name}.csv`;
  await store.put(key, [Buffer.from(FILE)], { tags: { owner: 'claire' } });
  const { present } = await findVersions(store, key, {}, { signal });
  const object = { key, etag: present?.etag, versionId: present?.versionId };
  const below = end === 'imported' ? `imported/20261127T095900Z-7/public.t/${name}.csv` : 'rejected/20261127T100000Z-';
  return {
    key,
    settle(through: BlobStore = store): Promise<Moved> {
      const deps = { store: through, signal };
      if (end === 'refused') return settleRefused(deps, { object, refused: 'InvalidInput', since: SINCE });
      const imported = { importId: 3, dumpId: 7, importedAt: '2026-11-27T09:59:00Z', duplicateOf: null };
      return settleImported(deps, { object, imported, since: SINCE });
    },
    /** What stands under its old key. */
    inInbox: () => textOf(store, key),
    /** Expects it to stand once where it belongs, with its bytes and its tags. */
    async expectSettled() {
      const keys = (await keysBelow(store, below)).filter((each) => each.endsWith(`/${name}.csv`));
      expect(keys).toHaveLength(1);
      expect(await textOf(store, keys[0] ?? '')).toBe(FILE);
      const tag = end === 'imported' ? { 'datasens-import': '3' } : { 'datasens-refused': 'InvalidInput' };
      expect(await store.tags(keys[0] ?? '')).toEqual({ owner: 'claire', ...tag });
    },
  };
}

/** Crashes a settling before and after each of its steps: no moment is without the file, and a second call ends it. */
export async function expectSettlesAfterCrashes(store: BlobStore, end: 'imported' | 'refused'): Promise<void> {
  for (const when of ['before', 'after'] as const) {
    for (let n = 1; ; n += 1) {
      const file = await fileToSettle(store, `${when}-${n}`, end);
      const steps = crashAt(n, when);
      const crash = await file.settle(faultyStore(store, steps)).catch((error: unknown) => error);
      if (steps.taken.length >= n) expect(crash, `${when} step ${n}`).toMatchObject({ message: 'crash' });
      if ((await file.inInbox()) === undefined) await file.expectSettled();
      for (let times = 0; times < 2; times += 1) expect(await file.settle()).toMatchObject({ outcome: 'moved' });
      expect(await file.inInbox()).toBeUndefined();
      await file.expectSettled();
      if (steps.taken.length >= n) continue;
      expect(n).toBeGreaterThan(6);
      break;
    }
  }
}

/**
 * Puts another file under the key before each of the steps of a settling: that one stays, whatever it comes before. Where
 * versions are kept, the one that was imported is settled nevertheless.
 */
export async function expectSparesNewer(
  store: BlobStore,
  end: 'imported' | 'refused',
  { versions }: { readonly versions: boolean },
): Promise<void> {
  for (let n = 1; ; n += 1) {
    const file = await fileToSettle(store, `newer-${n}`, end);
    let calls = 0;
    const before = async () => {
      calls += 1;
      if (calls === n) await store.put(file.key, [Buffer.from(NEWER)]);
    };
    const { outcome } = await file.settle(interposed(store, before));
    if (versions) expect(outcome, `step ${n}`).toBe('moved');
    if (outcome === 'moved') await file.expectSettled();
    if (calls >= n) {
      expect(await file.inInbox(), `step ${n}`).toBe(NEWER);
      continue;
    }
    expect(n).toBeGreaterThan(6);
    return;
  }
}

/** The store, with something that happens before each call that has an effect or an answer. */
function interposed(store: BlobStore, before: () => Promise<void>): BlobStore {
  const after =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args) => {
      await before();
      return await call(...args);
    };
  return {
    ...store,
    head: after(store.head),
    copy: after(store.copy),
    delete: after(store.delete),
    tags: after(store.tags),
    setTags: after(store.setTags),
    versions: after(store.versions),
    deleteVersion: after(store.deleteVersion),
    async *read(...args) {
      await before();
      yield* store.read(...args);
    },
  };
}

async function textOf(store: BlobStore, key: string): Promise<string | undefined> {
  const { present } = await findVersions(store, key, {}, { signal });
  if (!present) return undefined;
  const chunks = await Array.fromAsync(store.read(key));
  return Buffer.concat(chunks).toString();
}

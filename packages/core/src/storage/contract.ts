import { describe, expect, test } from 'vitest';
import type { AppError } from '../errors.ts';
import type { BlobInfo, BlobStore, ListOptions, ReadOptions, VersionInfo } from './blob-store.ts';

/** A store that is empty and this test's alone, until it is disposed of. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: BlobStore;
  /** Leaves behind what a writer of `key` leaves that is killed in the middle of a large object. */
  abandonWrite(key: string): Promise<void>;
}

/** Kinds of key that some servers cannot hold. */
export type HardKey = keyof typeof hardKeys;

export interface Capabilities {
  /** The suite then asserts that the driver refuses such a key with `InvalidInput`, rather than storing another. */
  readonly refuses?: readonly HardKey[];
  /** Such keys are stored and read, but some of them are missing in listings: a defect of the server, not to rely on. */
  readonly hides?: readonly HardKey[];
  /** Whether it keeps what is overwritten and deleted. */
  readonly keepsVersions?: boolean;
  /** A storage class that it knows besides its default; any where it knows none. */
  readonly otherClass?: string;
  /** Whether of several writers that create an object at the same moment more than one may be told that it did. */
  readonly racyCreate?: boolean;
  /** Whether who looks at an object while it is replaced may see the metadata of another version. */
  readonly racyMetadata?: boolean;
}

const hardKeys = {
  'dot segments': ['.', '..', '../up', 'a/../../b', './c', 'd/.', 'e/./f'],
  'empty segments': ['/', '/lead', 'trail/', 'a//b', '//', 'x', 'x/y', 'x/y/', 'a///'],
  'a key that is the folder of another': ['x', 'x/y', 'x/y/z', '.datasens', '.datasens/tmp/x'],
  'control characters': ['line\nbreak', 'tab\t', 'bell\u0007', 'return\r', 'delete\u007f'],
  'long segments': ['s'.repeat(1_024), `a/${'t'.repeat(256)}/b`, `${'é'.repeat(130)}/c`, `${'s'.repeat(1_023)}-`],
  'unusual characters': [
    'back\\slash',
    'caf\u00e9',
    'cafe\u0301',
    ' space ',
    '%2E%2E',
    '%',
    '%=x',
    '%#x',
    '%@',
    '%+x',
    '%%',
    'a?b#c&d+e',
    '\u{1f600}/\uffee',
    '.datasens/tmp/x',
    'deep/.datasens',
    '~',
    '*',
    '"',
    "'",
    'con',
  ],
} as const;

/** The promises of `BlobStore` (blob-store.ts), as tests. Every driver runs all of them. */
export function testBlobStore(name: string, open: () => Promise<OpenedStore>, capabilities: Capabilities = {}): void {
  const { refuses = [], hides = [], racyCreate = false, racyMetadata = false } = capabilities;
  const { keepsVersions = false, otherClass = 'COLD' } = capabilities;
  // A hang is a failure; how long a disk or a network takes is not a test.
  describe(`${name} keeps the contract of a blob store`, { timeout: 120_000 }, () => {
    describe('put', () => {
      test('stores bytes and gives them back', async () => {
        await using opened = await open();
        const { store } = opened;
        const info = await store.put('a/b.txt', [bytes('hello '), bytes('world')]);
        expect(info).toMatchObject({ key: 'a/b.txt', sizeBytes: 11 });
        expect(info.etag).not.toBe('');
        expect(await textOf(store, 'a/b.txt')).toBe('hello world');
        expect(await store.head('a/b.txt')).toEqual({ ...info, modifiedAt: expect.any(Date), metadata: {} });
      });

      test.for([0, 1, 1_048_575, 1_048_576, 1_048_577, 12_345_678])('stores %i bytes unchanged', async (sizeBytes) => {
        await using opened = await open();
        const body = patternOf(sizeBytes);
        const { sizeBytes: stored } = await opened.store.put('size', chunksOf(body, 70_001));
        expect(stored).toBe(sizeBytes);
        expect((await readAll(opened.store, 'size')).equals(body)).toBe(true);
      });

      test('takes chunks from a body that uses its buffer again', async () => {
        await using opened = await open();
        async function* body() {
          const buffer = Buffer.alloc(100_000);
          for (let i = 0; i < 30; i++) yield buffer.fill(i);
        }
        await opened.store.put('reused', body());
        const stored = await readAll(opened.store, 'reused');
        for (let i = 0; i < 30; i++)
          expect(stored.subarray(i * 100_000, (i + 1) * 100_000).every((b) => b === i)).toBe(true);
      });

      test('replaces an object whole, with another ETag', async () => {
        await using opened = await open();
        const { store } = opened;
        const etags = new Set<string>();
        for (let i = 0; i < 5; i++) etags.add((await store.put('k', [bytes(`same size ${i}`)])).etag);
        expect(etags.size).toBe(5);
        expect(await textOf(store, 'k')).toBe('same size 4');
      });

      test('shows nothing of a body that fails, and passes its error on', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('k', [bytes('before')], { metadata: { v: '1' } });
        const before = await store.head('k');
        for (const key of ['k', 'new']) {
          await expect(store.put(key, failing(3_000_000, new Error('tool died')))).rejects.toThrow('tool died');
        }
        expect(await store.head('k')).toEqual(before);
        expect(await keysOf(store)).toEqual(['k']);
      });

      test('shows nothing of an upload that is aborted, even while its body is silent', async () => {
        await using opened = await open();
        const { store } = opened;
        const abort = new AbortController();
        let released = false;
        async function* body() {
          try {
            yield Buffer.alloc(2_000_000);
            abort.abort(new Error('stop'));
            await new Promise(() => undefined);
          } finally {
            released = true;
          }
        }
        await expect(store.put('k', body(), { signal: abort.signal })).rejects.toThrow('stop');
        await expect(store.put('k', [bytes('x')], { signal: abort.signal })).rejects.toThrow('stop');
        expect(await keysOf(store)).toEqual([]);
        expect(released).toBe(false);
      });

      test('lets go of a body that it does not read to its end', async () => {
        await using opened = await open();
        const abort = new AbortController();
        const released = Promise.withResolvers<void>();
        async function* body() {
          try {
            yield bytes('x');
            abort.abort(new Error('stop'));
            yield bytes('y');
            yield bytes('z');
          } finally {
            released.resolve();
          }
        }
        await expect(opened.store.put('k', body(), { signal: abort.signal })).rejects.toThrow('stop');
        await released.promise;
      });

      test('refuses chunks that are not bytes', async () => {
        await using opened = await open();
        const body = ['text'] as unknown as Uint8Array[];
        expect(await nameOfError(opened.store.put('k', body))).toBe('InvalidInput');
        expect(await keysOf(opened.store)).toEqual([]);
      });
    });

    describe('put with ifAbsent', () => {
      test('leaves an object that is there alone', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('k', [bytes('first')], { ifAbsent: true, metadata: { v: '1' } });
        const first = await store.head('k');
        const second = store.put('k', [bytes('second')], { ifAbsent: true, metadata: { v: '2' } });
        expect(await nameOfError(second)).toBe('Conflict');
        expect(await store.head('k')).toEqual(first);
        expect(await textOf(store, 'k')).toBe('first');
      });

      const title = racyCreate
        ? 'may tell several of many writers that the name is theirs'
        : 'gives the name to exactly one of many writers';
      test(title, async () => {
        await using opened = await open();
        const { store } = opened;
        const all = gate(8);
        async function* body(i: number) {
          await all();
          yield bytes(`writer ${i}`);
        }
        const results = await Promise.allSettled(
          Array.from({ length: 8 }, (_, i) => store.put('k', body(i), { ifAbsent: true })),
        );
        const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
        if (!racyCreate) expect(winners).toHaveLength(1);
        for (const result of results) if (result.status === 'rejected') expect(result.reason.name).toBe('Conflict');
        expect(winners.map((i) => `writer ${i}`)).toContain(await textOf(store, 'k'));
      });
    });

    describe('metadata', () => {
      test('belongs to its version', async () => {
        await using opened = await open();
        const { store } = opened;
        const metadata = { sha256: 'ab'.repeat(32), 'content-type': 'text/csv; a="b"', empty: '' };
        await store.put('k', [bytes('1')], { metadata });
        expect((await store.head('k')).metadata).toEqual(metadata);
        await store.put('k', [bytes('2')], { metadata: { v: '2' } });
        expect((await store.head('k')).metadata).toEqual({ v: '2' });
        await store.put('k', [bytes('3')]);
        expect((await store.head('k')).metadata).toEqual({});
        await store.put('k', [bytes('4')], { metadata });
        await store.delete('k');
        await store.put('k', [bytes('5')]);
        expect((await store.head('k')).metadata).toEqual({});
      });

      test.for([
        { Upper: 'x' },
        { 'a b': 'x' },
        { '': 'x' },
        { k: 'é' },
        { k: 'a\nb' },
        { k: ' padded' },
        { k: 'x'.repeat(2_048) },
      ])('that a store cannot carry is refused: %j', async (metadata) => {
        await using opened = await open();
        const put = opened.store.put('k', [bytes('x')], { metadata: metadata as unknown as Record<string, string> });
        expect(await nameOfError(put)).toBe('InvalidInput');
        expect(await keysOf(opened.store)).toEqual([]);
      });

      test.skipIf(racyMetadata)('is never that of another version while the object is replaced', async () => {
        await using opened = await open();
        const { store } = opened;
        const put = (i: number) => store.put('k', [bytes('x'.repeat(i + 1))], { metadata: { size: String(i + 1) } });
        await put(0);
        let writing = true;
        const writer = (async () => {
          for (let i = 1; i < 60; i++) await put(i);
          writing = false;
        })();
        while (writing) {
          const head = await store.head('k');
          expect(head.metadata.size).toBe(String(head.sizeBytes));
        }
        await writer;
      });
    });

    describe('read', () => {
      test.for([
        [0, 0, 'a'],
        [2, 4, 'cde'],
        [7, 99, 'hij'],
        [9, 9, 'j'],
        [0, 9, 'abcdefghij'],
        [10, 20, ''],
      ] as const)('gives the bytes %i to %i, clamped to the size', async ([start, end, expected]) => {
        await using opened = await open();
        await opened.store.put('k', [bytes('abcdefghij')]);
        expect(await textOf(opened.store, 'k', { range: { start, end } })).toBe(expected);
      });

      test('gives nothing of an empty object, whatever the range', async () => {
        await using opened = await open();
        await opened.store.put('k', []);
        expect(await textOf(opened.store, 'k')).toBe('');
        expect(await textOf(opened.store, 'k', { range: { start: 0, end: 5 } })).toBe('');
      });

      test.for([
        [-1, 5],
        [5, 4],
        [0.5, 2],
        [0, Number.NaN],
      ] as const)('refuses the range %d to %d', async ([start, end]) => {
        await using opened = await open();
        await opened.store.put('k', [bytes('x')]);
        expect(await nameOfError(textOf(opened.store, 'k', { range: { start, end } }))).toBe('InvalidInput');
      });

      test('of a version that was replaced is a Conflict', async () => {
        await using opened = await open();
        const { store } = opened;
        const old = await store.put('k', [bytes('then')]);
        expect(await textOf(store, 'k', { etag: old.etag })).toBe('then');
        const present = await store.put('k', [bytes('once')]);
        expect(await nameOfError(textOf(store, 'k', { etag: old.etag }))).toBe('Conflict');
        expect(await textOf(store, 'k', { etag: present.etag, range: { start: 1, end: 2 } })).toBe('nc');
      });

      test('of a version by its id gives that one, whatever came after it', async () => {
        await using opened = await open();
        const { store } = opened;
        const { etag } = await store.put('k', [bytes('then')], { tags: { v: '1' }, metadata: { v: '1' } });
        const [{ versionId = '' } = {}] = await versionsOf(store, 'k');
        if (keepsVersions) {
          await store.put('k', [bytes('once and again')]);
          await store.delete('k');
        }
        expect(await textOf(store, 'k', { versionId })).toBe('then');
        expect(await textOf(store, 'k', { versionId, etag, range: { start: 1, end: 2 } })).toBe('he');
        for (const ifAbsent of [false, true]) {
          await store.copy('k', `to ${ifAbsent}`, { versionId, etag, ifAbsent });
          expect(await textOf(store, `to ${ifAbsent}`)).toBe('then');
          expect(await store.tags(`to ${ifAbsent}`)).toEqual({ v: '1' });
          expect(await store.head(`to ${ifAbsent}`)).toMatchObject({ metadata: { v: '1' } });
        }
        await store.deleteVersion('k', versionId);
        expect(await nameOfError(textOf(store, 'k', { versionId }))).toBe('NotFound');
        expect(await nameOfError(store.copy('k', 'to', { versionId }))).toBe('NotFound');
      });

      test('of what is not there is NotFound, at its first step', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('a/b', [bytes('x')]);
        for (const key of ['none', 'a', 'a/', 'a/b/c', 'a/c']) {
          if (key.endsWith('/') && refuses.includes('empty segments')) continue;
          const reading = store.read(key, { etag: 'any' })[Symbol.asyncIterator]();
          expect(await nameOfError(reading.next())).toBe('NotFound');
        }
      });

      test('that began before the object was replaced or deleted gives one whole version', async () => {
        await using opened = await open();
        const { store } = opened;
        const first = patternOf(3_000_000);
        await store.put('k', [first]);
        const reading = store.read('k')[Symbol.asyncIterator]();
        const parts = [(await reading.next()).value as Uint8Array];
        await store.put('k', [Buffer.alloc(5_000_000)]);
        await store.delete('k');
        for (let step = await reading.next(); !step.done; step = await reading.next()) parts.push(step.value);
        expect(Buffer.concat(parts).equals(first)).toBe(true);
      });

      test('ends by the signal, and may be left early', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('k', [patternOf(5_000_000)]);
        const abort = new AbortController();
        const reading = store.read('k', { signal: abort.signal })[Symbol.asyncIterator]();
        await reading.next();
        abort.abort(new Error('stop'));
        await expect(readToEnd(reading)).rejects.toThrow('stop');
        for await (const chunk of store.read('k')) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
      });
    });

    describe('list', () => {
      test('is in the order of the keys as UTF-8 bytes, whole keys and not folders', async () => {
        await using opened = await open();
        const keys = [
          'a/b',
          'a-b',
          'a0',
          'a!',
          'a/',
          'a.b/c',
          'Z',
          'a/b/c'.replace('/c', '0'),
          '\uffee',
          '\u{1f600}',
          'é',
          'z',
        ];
        const possible = keys.filter((key) => !key.endsWith('/') || !refuses.includes('empty segments'));
        for (const key of possible) await opened.store.put(key, [bytes(key)]);
        expect(await keysOf(opened.store)).toEqual(inByteOrder(possible));
      });

      test('gives what head gives, without metadata', async () => {
        await using opened = await open();
        await opened.store.put('a/b', [bytes('12345')], { metadata: { v: '1' } });
        const { metadata: _, ...info } = await opened.store.head('a/b');
        expect(await opened.store.list('')).toEqual({ blobs: [info] });
      });

      test('takes the prefix as a string', async () => {
        await using opened = await open();
        const keys = ['a/b/c', 'a/bb', 'a/b', 'a/c/d', 'b', 'ab'].filter(
          (key) => key !== 'a/b' || ![...refuses, ...hides].includes('a key that is the folder of another'),
        );
        for (const key of keys) await opened.store.put(key, [bytes(key)]);
        for (const prefix of ['', 'a', 'a/', 'a/b', 'a/b/', 'a/b/c', 'a/b/c/', 'b', 'x', 'a/c/', '/']) {
          expect(await keysOf(opened.store, prefix)).toEqual(inByteOrder(keys.filter((key) => key.startsWith(prefix))));
        }
      });

      test('pages through everything once, with any page size and from any key', async () => {
        await using opened = await open();
        const { store } = opened;
        const keys = [];
        for (const folder of ['', 'a/', 'a-/', 'b/c/', 'b/d/']) for (let i = 0; i < 7; i++) keys.push(`${folder}${i}`);
        await Promise.all(keys.map((key) => store.put(key, [bytes(key)])));
        const sorted = inByteOrder(keys);
        for (const limit of [1, 2, 3, 7, 34, 35, 36, 1_000]) expect(await keysOf(store, '', { limit })).toEqual(sorted);
        for (const after of [...sorted, 'a', 'a/', 'a/3x', 'b/', 'b/c', 'b/c0', 'c', '']) {
          const expected = sorted.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
          for (const limit of [2, 1_000]) expect(await keysOf(store, '', { after, limit })).toEqual(expected);
          expect(await keysOf(store, 'b/', { after, limit: 2 })).toEqual(
            expected.filter((key) => key.startsWith('b/')),
          );
        }
      });

      test('says that there is a next page only if there is one', async () => {
        await using opened = await open();
        const { store } = opened;
        expect(await store.list('')).toEqual({ blobs: [] });
        for (const key of ['a', 'b']) await store.put(key, [bytes(key)]);
        expect((await store.list('', { limit: 2 })).next).toBeUndefined();
        expect((await store.list('', { limit: 1 })).next).toEqual(expect.any(String));
        expect(await nameOfError(store.list('', { limit: 0 }))).toBe('InvalidInput');
      });
    });

    describe('tags', () => {
      test('come with an object or later, and change no version', async () => {
        await using opened = await open();
        const { store } = opened;
        const tags = { 'legal hold': 'affaire 12', 'a:b/c@d': '', sum: 'x=y+z - _.' };
        const { etag } = await store.put('k', [bytes('x')], { tags, metadata: { v: '1' } });
        const head = await store.head('k');
        expect(await store.tags('k')).toEqual(tags);
        await store.setTags('k', { other: '2' });
        expect(await store.tags('k')).toEqual({ other: '2' });
        await store.setTags('k', {});
        expect(await store.tags('k')).toEqual({});
        expect(await store.head('k')).toEqual(head);
        expect(await textOf(store, 'k', { etag })).toBe('x');
        await store.put('large', chunksOf(patternOf(17_000_000), 1_000_000), { tags });
        expect(await store.tags('large')).toEqual(tags);
      });

      test('belong to their version', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('k', [bytes('1')]);
        await store.setTags('k', { v: '1' });
        await store.put('k', [bytes('2')]);
        expect(await store.tags('k')).toEqual({});
        expect(await nameOfError(store.tags('none'))).toBe('NotFound');
        expect(await nameOfError(store.setTags('none', {}))).toBe('NotFound');
      });

      test.for([
        { '': 'x' },
        { ['n'.repeat(129)]: 'x' },
        { k: 'v'.repeat(257) },
        { 'semi;colon': 'x' },
        { k: 'é' },
        { k: 'line\nbreak' },
        Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, 'x'])),
      ])('that S3 does not take are refused: %j', async (tags) => {
        await using opened = await open();
        const { store } = opened;
        expect(await nameOfError(store.put('new', [bytes('x')], { tags }))).toBe('InvalidInput');
        await store.put('k', [bytes('x')]);
        expect(await nameOfError(store.setTags('k', tags))).toBe('InvalidInput');
        expect(await keysOf(store)).toEqual(['k']);
      });
    });

    describe('storage class', () => {
      test('changes under the same key, and bytes, metadata and tags stay', async () => {
        await using opened = await open();
        const { store } = opened;
        const body = patternOf(3_000_000);
        await store.put('k', [body], { metadata: { v: '1' }, tags: { t: '1' } });
        const { etag } = await store.setStorageClass('k', otherClass);
        const again = await store.setStorageClass('k', otherClass);
        expect(again.etag).toBe(etag);
        expect(await store.head('k')).toMatchObject({ etag, sizeBytes: body.length, metadata: { v: '1' } });
        expect(await store.tags('k')).toEqual({ t: '1' });
        expect((await readAll(store, 'k', { etag })).equals(body)).toBe(true);
        expect(await keysOf(store)).toEqual(['k']);
        expect(await nameOfError(store.setStorageClass('none', otherClass))).toBe('NotFound');
      });
    });

    describe('versions', () => {
      test('are listed by key, the newest first, and removed one by one', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('a/x', [bytes('1')]);
        await store.put('a/x', [bytes('22')]);
        await store.put('a/y', [bytes('333')]);
        await store.delete('a/y');
        await store.put('b', [bytes('4444')]);
        const found = await versionsOf(store, 'a/');
        expect(found.map(({ key, sizeBytes, latest, deleteMarker }) => [key, sizeBytes, latest, deleteMarker])).toEqual(
          keepsVersions
            ? [
                ['a/x', 2, true, false],
                ['a/x', 1, false, false],
                ['a/y', 0, true, true],
                ['a/y', 3, false, false],
              ]
            : [['a/x', 2, true, false]],
        );
        expect(await versionsOf(store, 'a/', 1)).toEqual(found);
        for (const [i, { key, versionId }] of found.entries()) {
          await store.deleteVersion(key, versionId);
          await store.deleteVersion(key, versionId);
          const left = found.slice(i + 1);
          const isFirst = ({ key: other }: { key: string }, at: number) =>
            left.findIndex((v) => v.key === other) === at;
          expect(await versionsOf(store, 'a/')).toEqual(left.map((v, at) => ({ ...v, latest: isFirst(v, at) })));
        }
        expect(await keysOf(store)).toEqual(['b']);
        expect((await versionsOf(store, '')).map(({ key }) => key)).toEqual(['b']);
      });
    });

    describe('unfinished writes', () => {
      test('of killed processes are found by their age, and removed', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('k', [bytes('x')]);
        await opened.abandonWrite('dumps/left behind');
        const unfinished = (before: Date) => Array.fromAsync(store.unfinished(before));
        expect(await unfinished(new Date(0))).toEqual([]);
        const later = new Date(Date.now() + 86_400_000);
        const found = await unfinished(later);
        expect(found).toMatchObject([{ begunAt: expect.any(Date) }]);
        for (const write of found) {
          if (write.key !== undefined) expect(write.key).toBe('dumps/left behind');
          await store.discardUnfinished(write);
          await store.discardUnfinished(write);
        }
        expect(await unfinished(later)).toEqual([]);
        expect(await textOf(store, 'k')).toBe('x');
      });
    });

    describe('copy', () => {
      test('carries bytes and metadata to a version of its own', async () => {
        await using opened = await open();
        const { store } = opened;
        const body = patternOf(3_000_000);
        await store.put('from', [body], { metadata: { v: '1' } });
        const source = await store.head('from');
        const copied = await store.copy('from', 'to/here');
        expect(copied).toMatchObject({ key: 'to/here', sizeBytes: 3_000_000 });
        expect(await store.head('to/here')).toEqual({ ...copied, modifiedAt: expect.any(Date), metadata: { v: '1' } });
        expect((await readAll(store, 'to/here')).equals(body)).toBe(true);
        expect(await store.head('from')).toEqual(source);
      });

      test('takes tags along', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('from', [bytes('x')], { tags: { t: 'x y' } });
        await store.copy('from', 'to');
        await store.copy('from', 'absent', { ifAbsent: true });
        for (const key of ['from', 'to', 'absent']) expect(await store.tags(key)).toEqual({ t: 'x y' });
      });

      test('with ifAbsent leaves an object that is there alone', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.put('from', [bytes('new')]);
        await store.put('to', [bytes('old')]);
        expect(await nameOfError(store.copy('from', 'to', { ifAbsent: true }))).toBe('Conflict');
        expect(await textOf(store, 'to')).toBe('old');
        await store.copy('from', 'other', { ifAbsent: true });
        await store.copy('from', 'to');
        expect(await textOf(store, 'to')).toBe('new');
      });

      test('of a version that was replaced is a Conflict', async () => {
        await using opened = await open();
        const { store } = opened;
        const old = await store.put('from', [bytes('then')]);
        const present = await store.put('from', [bytes('once')]);
        for (const ifAbsent of [false, true]) {
          expect(await nameOfError(store.copy('from', 'to', { etag: old.etag, ifAbsent }))).toBe('Conflict');
        }
        expect(await keysOf(store)).toEqual(['from']);
        await store.copy('from', 'to', { etag: present.etag });
        expect(await textOf(store, 'to')).toBe('once');
      });

      test('of what is not there is NotFound', async () => {
        await using opened = await open();
        expect(await nameOfError(opened.store.copy('none', 'to'))).toBe('NotFound');
        await opened.store.put('x', [bytes('x')]);
        expect(await nameOfError(opened.store.copy('none', 'to'))).toBe('NotFound');
        expect(await keysOf(opened.store)).toEqual(['x']);
      });
    });

    describe('delete', () => {
      test('removes the object, and what is not there without a word', async () => {
        await using opened = await open();
        const { store } = opened;
        await store.delete('none');
        await store.put('a/b', [bytes('x')], { metadata: { v: '1' } });
        await store.put('a/c', [bytes('x')]);
        for (const key of ['a', 'a/b/c', 'a/b', 'a/b']) await store.delete(key);
        expect(await keysOf(store)).toEqual(['a/c']);
        expect(await nameOfError(store.head('a/b'))).toBe('NotFound');
      });

      test('with an ETag removes that version, and no other', async () => {
        await using opened = await open();
        const { store } = opened;
        const old = await store.put('a/b', [bytes('then')], { metadata: { v: '1' } });
        const present = await store.put('a/b', [bytes('once')], { metadata: { v: '2' } });
        const head = await store.head('a/b');
        expect(await nameOfError(store.delete('a/b', { etag: old.etag }))).toBe('Conflict');
        expect(await store.head('a/b')).toEqual(head);
        for (const key of ['a/b', 'a/b', 'a', 'none']) await store.delete(key, { etag: present.etag });
        expect(await keysOf(store)).toEqual([]);
      });
    });

    describe('keys', () => {
      for (const kind of Object.keys(hardKeys) as HardKey[]) {
        const keys = hardKeys[kind];
        if (refuses.includes(kind)) {
          test.for([...keys.slice(-1)])(`with ${kind} are refused: %j`, async (key) => {
            await using opened = await open();
            for (const other of keys.slice(0, -1)) await opened.store.put(other, [bytes(other)]).catch(() => undefined);
            expect(await nameOfError(opened.store.put(key, [bytes(key)]))).toBe('InvalidInput');
          });
          continue;
        }
        if (hides.includes(kind)) {
          test(`with ${kind} are stored and read but not all of them listed`, async () => {
            await using opened = await open();
            const { store } = opened;
            for (const key of keys) await store.put(key, [bytes(key)]);
            for (const key of keys) expect(await textOf(store, key)).toBe(key);
            const listed = await keysOf(store);
            expect(keys).toEqual(expect.arrayContaining(listed));
            // Once the server lists them all, they are as any other.
            expect(listed.length).toBeLessThan(keys.length);
          });
          continue;
        }
        test.for([false, true])(`with ${kind} are stored as any other (backwards: %j)`, async (backwards) => {
          await using opened = await open();
          const { store } = opened;
          const ordered = backwards ? keys.toReversed() : keys;
          for (const key of ordered) await store.put(key, [bytes(key)], { metadata: { hex: hexOf(key) } });
          expect(await keysOf(store)).toEqual(inByteOrder([...keys]));
          expect(await keysOf(store, '', { limit: 1 })).toEqual(inByteOrder([...keys]));
          for (const key of keys) {
            expect(await textOf(store, key)).toBe(key);
            expect((await store.head(key)).metadata.hex).toBe(hexOf(key));
            expect(await nameOfError(store.put(key, [], { ifAbsent: true }))).toBe('Conflict');
          }
          expect(new Set(keys.map((key) => store.uriOf(key))).size).toBe(keys.length);
          for (const [i, key] of ordered.entries()) {
            await store.delete(key);
            expect(await keysOf(store)).toEqual(inByteOrder(ordered.slice(i + 1)));
          }
        });
      }

      test.for(['', 'a\0b', 'k'.repeat(1_025), `${'é'.repeat(512)}x`, '\ud800', 'a/\udc00'])(
        'that no store can hold are refused: %j',
        async (key) => {
          await using opened = await open();
          const { store } = opened;
          await store.put('x', [bytes('x')]);
          const calls = [
            store.put(key, [bytes('x')]),
            store.head(key),
            textOf(store, key),
            store.copy('x', key),
            store.copy(key, 'y'),
            store.delete(key),
            store.tags(key),
            store.setTags(key, {}),
            store.setStorageClass(key, otherClass),
            store.deleteVersion(key, 'null'),
          ];
          for (const call of await Promise.allSettled(calls)) {
            expect(call).toMatchObject({ status: 'rejected', reason: { name: 'InvalidInput' } });
          }
          expect(await keysOf(store)).toEqual(['x']);
        },
      );
    });

    test('every call takes the signal', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.put('k', [bytes('x')]);
      const signal = AbortSignal.abort(new Error('stop'));
      await expect(store.put('k', [bytes('y')], { signal })).rejects.toThrow('stop');
      await expect(textOf(store, 'k', { signal })).rejects.toThrow('stop');
      await expect(store.head('k', { signal })).rejects.toThrow('stop');
      await expect(store.list('', { signal })).rejects.toThrow('stop');
      await expect(store.copy('k', 'l', { signal })).rejects.toThrow('stop');
      await expect(store.delete('k', { signal })).rejects.toThrow('stop');
      await expect(store.tags('k', { signal })).rejects.toThrow('stop');
      await expect(store.setTags('k', { t: '1' }, { signal })).rejects.toThrow('stop');
      await expect(store.setStorageClass('k', otherClass, { signal })).rejects.toThrow('stop');
      await expect(store.versions('', { signal })).rejects.toThrow('stop');
      await expect(store.deleteVersion('k', 'null', { signal })).rejects.toThrow('stop');
      await expect(Array.fromAsync(store.unfinished(new Date(), { signal }))).rejects.toThrow('stop');
      expect(await keysOf(store)).toEqual(['k']);
      expect(await textOf(store, 'k')).toBe('x');
    });

    test('its URIs are below its own', async () => {
      await using opened = await open();
      const { store } = opened;
      expect(store.uriOf('a/b.txt')).toBe(`${store.uri}/a/b.txt`);
    });
  });
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

/** Bytes that differ at every 64 KB, so that lost or swapped chunks show. */
function patternOf(sizeBytes: number): Buffer {
  const pattern = Buffer.alloc(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) pattern[i] = (i * 31 + (i >> 8) + (i >> 16)) & 255;
  return pattern;
}

function* chunksOf(body: Buffer, chunkBytes: number) {
  for (let i = 0; i < body.length; i += chunkBytes) yield body.subarray(i, i + chunkBytes);
}

async function* failing(sizeBytes: number, error: Error) {
  yield Buffer.alloc(sizeBytes);
  throw error;
}

/** A function that each of `count` callers waits in until all have come. */
function gate(count: number): () => Promise<void> {
  const opened = Promise.withResolvers<void>();
  let waiting = 0;
  return () => {
    waiting++;
    if (waiting === count) opened.resolve();
    return opened.promise;
  };
}

async function readToEnd(reading: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await reading.next()).done);
}

async function readAll(store: BlobStore, key: string, options?: ReadOptions): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.read(key, options)));
}

async function textOf(store: BlobStore, key: string, options?: ReadOptions): Promise<string> {
  return (await readAll(store, key, options)).toString();
}

async function keysOf(store: BlobStore, prefix = '', options: ListOptions = {}): Promise<string[]> {
  const blobs: BlobInfo[] = [];
  let page = await store.list(prefix, options);
  for (;;) {
    blobs.push(...page.blobs);
    if (page.next === undefined) return blobs.map(({ key }) => key);
    page = await store.list(prefix, { ...options, cursor: page.next });
  }
}

/** Without their times: that of a version which becomes the latest again may be new. */
async function versionsOf(store: BlobStore, prefix: string, limit?: number) {
  const versions: Omit<VersionInfo, 'modifiedAt'>[] = [];
  const options = limit === undefined ? {} : { limit };
  for (let cursor: string | undefined; ; ) {
    const page = await store.versions(prefix, { ...options, cursor });
    versions.push(...page.versions.map(({ modifiedAt: _, ...version }) => version));
    cursor = page.next;
    if (cursor === undefined) return versions;
  }
}

function inByteOrder(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function hexOf(key: string): string {
  return Buffer.from(key).toString('hex').slice(0, 1_900);
}

async function nameOfError(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: AppError) => error.name,
  );
}

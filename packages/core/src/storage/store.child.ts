/** A process of its own on a store, for file-process.test.ts: `store.child.ts <action> <root> [argument]`. */
import { fileStore } from './file.ts';

const [action, root = '', argument = ''] = process.argv.slice(2);
const store = fileStore(root);
const actions: Record<string, () => Promise<unknown>> = { hang, stream, fill, refused, claim, contend };
const result = await actions[action ?? '']?.();
process.stdout.write(`${JSON.stringify(result)}\n`);

/** Says so once half of an object is on disk, and never finishes it. */
async function hang() {
  async function* body() {
    yield Buffer.alloc(4_000_000, 'x');
    process.stdout.write('half\n');
    // Keeps the process: a pending promise does not.
    setInterval(() => undefined, 1_000_000);
    await new Promise(() => undefined);
  }
  await store.put('k', body(), { metadata: { v: 'new' } });
}

/** Streams `argument` megabytes in and out, and gives the growth of the resident memory, in megabytes. */
async function stream() {
  await store.put('warm', [Buffer.alloc(10_000_000)]);
  const before = process.resourceUsage().maxRSS;
  function* body() {
    for (let i = 0; i < Number(argument) * 16; i++) yield Buffer.alloc(65_536, i);
  }
  await store.put('k', body());
  let sizeBytes = 0;
  for await (const chunk of store.read('k')) sizeBytes += chunk.length;
  await store.copy('k', 'copy');
  return { sizeBytes, growthMb: (process.resourceUsage().maxRSS - before) / 1_024 };
}

/** Writes more than the disk holds, after an object that fits, then something small. */
async function fill() {
  await store.put('k', [Buffer.from('before')], { metadata: { v: 'old' } });
  const errors: { name: string; message: string }[] = [];
  for (const key of ['k', 'new']) {
    await store.put(key, [Buffer.alloc(16 * 1_048_576)]).catch((error) => {
      errors.push({ name: error.name, message: error.message });
    });
  }
  const { blobs } = await store.list('');
  const text = Buffer.concat(await Array.fromAsync(store.read('k'))).toString();
  const after = await store.put('small', [Buffer.alloc(1_000_000)]);
  return { errors, keys: blobs.map(({ key }) => key), text, after: after.sizeBytes };
}

/** Writes where this user may not. */
function refused() {
  return store.put('k', [Buffer.from('x')]).catch(({ name, message }) => ({ name, message }));
}

/** Tries to create each of 40 objects, in step with whoever does the same, and names those it got. */
async function claim() {
  const won: string[] = [];
  for (let i = 0; i < 40; i++) {
    const body = [Buffer.from(argument.repeat(1_000))];
    const put = store.put(`claim/${i}`, body, { ifAbsent: true });
    await put.then(
      () => won.push(`claim/${i}`),
      (error) => {
        if (error.name !== 'Conflict') throw error;
      },
    );
  }
  return won;
}

/** Writes and deletes keys that are one another's folders, each object with its own key as bytes and metadata. */
async function contend() {
  const keys = ['a', 'a/b', 'a/b/c', 'a-', 'a/b-', 'a/b/c/d'];
  let random = Number(argument);
  for (let i = 0; i < 120; i++) {
    random = (random * 48_271) % 2_147_483_647;
    const key = keys[random % keys.length] ?? 'a';
    if (random % 3 === 0) await store.delete(key);
    else await store.put(key, [Buffer.from(key)], { metadata: { size: String(key.length) } });
  }
}

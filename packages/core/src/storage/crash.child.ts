/**
 * Kills itself before the n-th step that changes the disk: `crash.child.ts <action> <root> <n>`. Prints the number of
 * steps where there are fewer. The steps are the real ones: only the count is put in between.
 */
import fs, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { BlobStore } from './blob-store.ts';

const [action = '', root = '', limit = ''] = process.argv.slice(2);
let steps = 0;

await using probe = await open('/dev/null');
countCalls(Object.getPrototypeOf(probe), ['write', 'writeFile', 'utimes']);
countCalls(fs, ['mkdir', 'open', 'link', 'rename', 'unlink', 'rm', 'rmdir', 'copyFile', 'chmod']);
syncBuiltinESMExports();

const { fileStore } = await import('./file.ts');
const actions: Record<string, (store: BlobStore) => Promise<unknown>> = {
  replace: (store) => store.put('k', [Buffer.from('new')], { metadata: { v: 'new' } }),
  create: (store) => store.put('created', [Buffer.from('new')], { metadata: { v: 'new' }, ifAbsent: true }),
  copy: (store) => store.copy('source', 'k'),
  below: (store) => store.put('k/below', [Buffer.from('new')], { metadata: { v: 'new' } }),
  delete: (store) => store.delete('k'),
};
await actions[action]?.(fileStore(root));
process.stdout.write(`${steps}\n`);

function countCalls(target: object, names: readonly string[]): void {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const original = methods[name];
    if (original === undefined) throw new Error(`${name} is gone`);
    methods[name] = function counted(this: unknown, ...args: unknown[]) {
      if (!isReading(name, args)) steps++;
      if (steps === Number(limit)) process.kill(process.pid, 'SIGKILL');
      return original.apply(this, args);
    };
  }
}

function isReading(name: string, [, flags]: unknown[]): boolean {
  return name === 'open' && (flags === 'r' || typeof flags === 'number');
}

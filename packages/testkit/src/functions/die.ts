import { setTimeout as delay } from 'node:timers/promises';

const DEATHS: Readonly<Record<string, () => unknown>> = {
  'exit 0': () => process.exit(0),
  'exit 3': () => process.exit(3),
  killed: () => process.kill(process.pid, 'SIGKILL'),
  terminated: () => process.kill(process.pid, 'SIGTERM'),
  'uncaught error': () => setImmediate(() => JSON.parse('no JSON')),
  'unhandled rejection': () => void Promise.reject(new Error('nobody')),
  'heap full': fillHeap,
  'buffers full': fillBuffers,
};

/** Ends its process in the way that it is told to. */
export async function handler(how: string) {
  await DEATHS[how]?.();
  return await Promise.withResolvers().promise;
}

function fillHeap() {
  const all: unknown[] = [];
  for (;;) all.push({ n: all.length, text: `number ${all.length}` });
}

/** Beside the heap, where V8 does not mind. */
async function fillBuffers() {
  const all = Array.from({ length: 512 }, () => Buffer.alloc(1_048_576, 1));
  await delay(10_000);
  throw new Error(`${all.length} MB were not too much`);
}

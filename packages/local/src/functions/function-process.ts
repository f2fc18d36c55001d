import { Worker } from 'node:worker_threads';
import { contextOf } from './function-context.ts';
import type { FunctionCall, FunctionMessage } from './function-messages.ts';
import { type Handler, loadHandler } from './load-handler.ts';
import { serialiseResult } from './serialise-result.ts';
import { thrownOf } from './thrown.ts';

/*
 * A process that runs one function, one call after another, for as long as it is asked, or until it is ended. Its
 * arguments: the function's file, the host's process, and the memory in MB that it may take.
 */

const [, , path = '', host = '', memoryMb = ''] = process.argv;

// It leads a group, with whatever it starts. None of that goes on when the host has been killed, nor when more memory is
// taken than may be; and it is a thread that sees to it, for a function that computes leaves the event loop no turn. V8
// aborts a process whose heap is full: one that takes too much beside it ends alike, or, if it does not, is killed.
const watchdog = `
  let aborted = false;
  setInterval(() => {
    if (process.ppid !== ${Number(host)}) process.kill(-process.pid, 'SIGKILL');
    if (process.memoryUsage.rss() <= ${Number(memoryMb) * 1_048_576}) return;
    process.kill(process.pid, aborted ? 'SIGKILL' : 'SIGABRT');
    aborted = true;
  }, 100)`;
new Worker(watchdog, { eval: true }).unref();

const handler = await load();
process.on('message', async (call: FunctionCall) => {
  if (handler) say(await answer(handler, call));
});

async function load(): Promise<Handler | undefined> {
  try {
    const loaded = await loadHandler(path);
    say({ kind: 'loaded' });
    return loaded;
  } catch (error) {
    say({ kind: 'unloadable', thrown: thrownOf(error) });
    return undefined;
  }
}

async function answer(handle: Handler, call: FunctionCall): Promise<FunctionMessage> {
  try {
    const result: unknown = await handle(JSON.parse(call.payload), contextOf(call));
    return { kind: 'returned', result: serialiseResult(result) };
  } catch (error) {
    return { kind: 'threw', thrown: thrownOf(error) };
  }
}

function say(message: FunctionMessage): void {
  // Where it cannot be said there is no host any more.
  process.send?.(message, () => undefined);
}

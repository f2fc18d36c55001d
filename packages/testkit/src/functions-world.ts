import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunning } from '@datasens/local/embedded/processes.ts';
import { type FunctionSettings, openFunctions } from '@datasens/local/functions/functions.ts';
import type { Clock } from '@datasens/local/step-functions/clock.ts';
import type { Json } from '@datasens/local/step-functions/json.ts';
import { eventually, until } from './eventually.ts';

import type { GateEvent } from './functions/gate.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface FunctionsWorldOptions {
  readonly folder?: string;
  readonly settings?: Readonly<Record<string, FunctionSettings>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

/** The functions of tests. */
export const TEST_FUNCTIONS = fileURLToPath(new URL('./functions/', import.meta.url));

/** Functions in processes of a test, and a gate in which calls can be held. */
export async function functionsWorld({ environment, folder = TEST_FUNCTIONS, ...options }: FunctionsWorldOptions = {}) {
  const said: string[] = [];
  await using opening = new AsyncDisposableStack();
  const gate = opening.use(await openGate());
  const functions = opening.use(
    openFunctions({
      folders: [folder],
      ...options,
      environment: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...environment },
      log: (message) => said.push(message),
    }),
  );
  const opened = opening.move();
  return {
    said,
    functions,
    gate,
    invoke: (name: string, payload: Json = null, signal = new AbortController().signal) =>
      functions.invoke(name, payload, signal),
    /** Calls the function that waits in the gate. */
    hold: (call: string, event: Partial<GateEvent> = {}, signal = new AbortController().signal) =>
      functions.invoke('gate', { ...event, folder: gate.folder, call }, signal),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Where calls of the function `gate` wait. */
export async function openGate() {
  const folder = await temporaryFolder();
  return {
    folder: folder.path,
    /** The names of the calls that have begun. */
    held: async () => (await readdir(folder.path)).filter((name) => !/\.part$|^open$/.test(name)).sort(),
    /** The processes of a call, once it has begun: its own, then what it has started. */
    async pids(call: string): Promise<number[]> {
      const path = join(folder.path, call);
      return JSON.parse(await eventually(() => readFile(path, 'utf8'))) as number[];
    },
    open: () => writeFile(join(folder.path, 'open'), ''),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Resolves when none of the processes runs any more. */
export async function allGone(pids: readonly number[]): Promise<void> {
  await until(async () => !(await Promise.all(pids.map(isRunning))).includes(true));
}

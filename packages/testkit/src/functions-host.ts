/**
 * A host of state machines, of the test functions and of their tasks, for as long as it is let live. Arguments: a JSON
 * object as below. Prints where it is.
 */
import { fileURLToPath } from 'node:url';
import { openFunctions } from '@datasens/local/functions/functions.ts';
import { createInvoke } from '@datasens/local/functions/invoke.ts';
import { listen } from '@datasens/local/step-functions/api/listen.ts';
import { hostStepFunctions } from '@datasens/local/step-functions/host.ts';

export interface FunctionsHostInput {
  readonly home: string;
  readonly port: number;
  /** Of the function `gate`. */
  readonly timeoutMs: number;
}

const { home, port, timeoutMs } = JSON.parse(process.argv[2] ?? '') as FunctionsHostInput;
const log = (message: string) => void process.stderr.write(`${message}\n`);
const listener = await listen(port);
const folder = fileURLToPath(new URL('./functions/', import.meta.url));
const task = fileURLToPath(new URL('./functions-task.ts', import.meta.url));
const environment = process.env;
const functions = openFunctions({ folders: [folder], settings: { gate: { timeoutMs } }, environment, log });
const taskProgram = { command: [process.execPath, task], environment } as const;
const invoke = createInvoke({ functions, taskProgram, endpoint: listener.url });
await hostStepFunctions({ home, listener, invoke, log });
process.stdout.write(`${listener.url}\n`);

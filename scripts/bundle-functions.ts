import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTask } from './bundle.ts';

/** Builds what Lambda and ECS find in /var/task. An argument names another folder than dist/functions. */
const [, , folder = fileURLToPath(new URL('../dist/functions', import.meta.url))] = process.argv;

await bundleTask(resolve(folder));

import { cp, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundle, copyMigrations, PROGRAMS } from './bundle.ts';

/** Builds the `datasens` command: one entry, chunks that load with the verb that needs them, the functions, and the files that they read. */
const root = fileURLToPath(new URL('../', import.meta.url));
const cli = `${root}packages/cli`;
// Built beside and moved into place: a command that runs meanwhile still finds its chunks.
const built = `${cli}/dist-${process.pid}`;
const replaced = `${cli}/dist-${process.pid}-old`;

await bundle(`${cli}/src/main.ts`, built, PROGRAMS);
await copyMigrations(`${built}/migrations`);
await cp(`${root}workflows`, `${built}/workflows`, { recursive: true });
await cp(`${root}LICENSE`, `${cli}/LICENSE`);
await rename(`${cli}/dist`, replaced).catch(() => undefined);
await rename(built, `${cli}/dist`);
await rm(replaced, { recursive: true, force: true });

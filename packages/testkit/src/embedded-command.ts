import { embeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';

/** A command that needs the embedded PostgreSQL of the home in its argument, and prints how to reach it. */
const [, , home = '.datasens'] = process.argv;
const { url, major } = await embeddedPostgres({ home, signal: new AbortController().signal, log: () => undefined });
process.stdout.write(JSON.stringify({ url, major }));

import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect } from 'vitest';
import { type CliResult, datasens, spawnDatasens } from './cli.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A running `datasens host`. */
export interface HostProcess {
  readonly endpoint: string;
  /** Where function URLs are. */
  readonly url: string;
  /** What it has said, when it is over. */
  readonly said: Promise<string>;
  /** What it has said so far. */
  heard(): string;
  /** Ends it; its exit status. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A home with a folder as the bucket and a database of its own, in which a host can be started, and commands be run. */
export interface HostWorld extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly home: string;
  readonly bucket: string;
  /** Starts a host, with what is to be in its environment besides. */
  start(more?: Readonly<Record<string, string>>): Promise<HostProcess>;
  datasens(...args: string[]): Promise<CliResult>;
  /** Puts a file into the inbox, as a person does: below `public.t/`, unless the name says otherwise. */
  drop(name: string, content: string): Promise<void>;
  /** The files below a folder of the bucket, sorted. */
  filesBelow(folder: string): Promise<string[]>;
  /** Waits until a query gives these rows. */
  until(sql: string, rows: readonly object[]): Promise<void>;
}

interface HostOptions {
  /** Where its function URLs are, for whoever is to be told before it is started. */
  readonly urlsPort?: number;
  /** An empty folder of the test's own. */
  readonly home?: string;
}

export async function hostWorld(
  environment: Readonly<Record<string, string>> = {},
  { urlsPort = 0, ...options }: HostOptions = {},
): Promise<HostWorld> {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await testDatabase());
  const home = options.home ?? opening.use(await temporaryFolder()).path;
  const bucket = join(home, 'bucket');
  const env = { DATASENS_HOME: home, DATABASE_URL: database.url, DATASENS_SCRATCH_URL: database.url, ...environment };
  const running = new Set<HostProcess>();
  opening.defer(async () => {
    for (const host of running) await host.end('SIGKILL');
  });
  const opened = opening.move();
  return {
    database,
    home,
    bucket,
    async start(more = {}) {
      const child = spawnDatasens(['host', '--json', '--port', '0', '--urls-port', String(urlsPort)], {
        ...env,
        ...more,
      });
      const exited = once(child, 'exit');
      let heard = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        heard += chunk;
      });
      const said = once(child, 'close').then(() => heard);
      const document = await Promise.race([firstDocument(child.stdout), exited.then(() => said)]);
      if (!document.includes('"endpoint"')) throw new Error(document);
      const { endpoint, url } = JSON.parse(document) as Pick<HostProcess, 'endpoint' | 'url'>;
      const host: HostProcess = {
        endpoint,
        url,
        said,
        heard: () => heard,
        async end(signal) {
          running.delete(host);
          child.kill(signal);
          const [status] = (await exited) as [number | null];
          return status;
        },
      };
      running.add(host);
      return host;
    },
    datasens: (...args) => datasens(args, env),
    async drop(name, content) {
      const path = join(bucket, 'inbox', name.includes('/') ? name : `public.t/${name}`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    async filesBelow(folder) {
      const entries = await readdir(join(bucket, folder), { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort();
    },
    async until(sql, rows) {
      const see = async () => expect(await database.sql(sql).catch(String)).toEqual(rows);
      await eventually(see);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The first JSON document that is printed, which ends where its outermost brace stands alone. */
async function firstDocument(stdout: Readable): Promise<string> {
  let printed = '';
  for await (const chunk of stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += chunk;
    if (printed.includes('\n}\n')) break;
  }
  return printed;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listProcesses } from '@datasens/local/embedded/processes.ts';
import { freePort } from './free-port.ts';
import { type S3Kind, s3Binary } from './s3-binary.ts';
import { createTemporaryFolder, listAbandonedFolders } from './temporary-folder.ts';

/** What every server of a test run takes; vitest.config.ts puts it where the SDK's usual chain finds it. */
export const S3_CREDENTIALS = { accessKeyId: 'datasens-test', secretAccessKey: 'a-secret-of-tests-alone' } as const;

export interface S3ServerOptions {
  readonly log?: (message: string) => void;
  /** On top of the server's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder with `public.crt` and `private.key`: the server then speaks TLS. */
  readonly certificate?: string;
}

/** A real server that speaks S3, on loopback, in a folder of its own. Disposing of it ends it and removes the folder. */
export interface S3Server extends AsyncDisposable {
  readonly kind: S3Kind;
  /** `http://127.0.0.1:port`, or `https:`, the same after `start`. */
  readonly endpoint: string;
  /** Where the server keeps what it stores. */
  readonly dataFolder: string;
  /** Ends it by SIGKILL. */
  kill9(): Promise<void>;
  /** Starts it again after `kill9`. */
  start(): Promise<void>;
}

export async function startS3Server(
  kind: S3Kind,
  { log = () => undefined, env = {}, certificate }: S3ServerOptions = {},
): Promise<S3Server> {
  const binary = await s3Binary(kind, log);
  const folder = await createTemporaryFolder('s3');
  const dataFolder = join(folder, 'data');
  await mkdir(dataFolder);
  const port = await freePort();
  const endpoint = `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const start = async () => {
    await using output = await open(join(folder, 'log'), 'a');
    child = spawn(binary, await argumentsOf[kind](port, dataFolder, certificate), {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, ...environmentOf[kind], ...env },
      stdio: ['ignore', output.fd, output.fd],
    });
    await untilReady(child, endpoint, join(folder, 'log'));
  };
  const dispose = async () => {
    await end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { kind, endpoint, dataFolder, kill9: () => end('SIGKILL'), start, [Symbol.asyncDispose]: dispose };
}

type Arguments = (port: number, folder: string, certificate: string | undefined) => Promise<string[]>;

const argumentsOf: Readonly<Record<S3Kind, Arguments>> = {
  minio: async (port, folder, certificate) => [
    'server',
    `--address=127.0.0.1:${port}`,
    `--console-address=127.0.0.1:${await freePort()}`,
    ...(certificate ? [`--certs-dir=${certificate}`] : []),
    folder,
  ],
  versitygw: async (port, folder, certificate) => {
    const versions = `${folder}-versions`;
    await mkdir(versions, { recursive: true });
    const tls = certificate ? [`--cert=${certificate}/public.crt`, `--key=${certificate}/private.key`] : [];
    return [
      `--port=127.0.0.1:${port}`,
      ...tls,
      '--quiet',
      '--keep-alive',
      'posix',
      `--versioning-dir=${versions}`,
      folder,
    ];
  },
};

const environmentOf: Readonly<Record<S3Kind, Readonly<Record<string, string>>>> = {
  minio: {
    MINIO_ROOT_USER: S3_CREDENTIALS.accessKeyId,
    MINIO_ROOT_PASSWORD: S3_CREDENTIALS.secretAccessKey,
    MINIO_BROWSER: 'off',
    MINIO_UPDATE: 'off',
    MINIO_CALLHOME_ENABLE: 'off',
  },
  versitygw: {
    ROOT_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    ROOT_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
  },
};

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;

/** A request without credentials is refused as soon as the server can refuse: 503 means that it cannot yet. */
async function untilReady(child: ChildProcess, endpoint: string, logFile: string): Promise<void> {
  const failed = once(child, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => undefined);
  for (const until = performance.now() + READY_WITHIN_MS; performance.now() < until; ) {
    if (child.exitCode !== null) break;
    const status = await Promise.race([statusOf(endpoint).catch(() => undefined), failed]);
    if (status !== undefined && status < 500) return;
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(`the S3 server at ${endpoint} did not start: ${await readFile(logFile, 'utf8')}`);
}

async function statusOf(endpoint: string): Promise<number | undefined> {
  const asked = endpoint.startsWith('https:')
    ? https.get(endpoint, { agent: false, rejectUnauthorized: false })
    : http.get(endpoint, { agent: false });
  const [answer] = (await once(asked, 'response')) as [http.IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

/** Ends and removes the servers of test runs that were killed. */
export async function removeAbandonedS3Servers(): Promise<void> {
  for (const folder of await listAbandonedFolders('s3')) {
    for (const { pid, command } of await listProcesses()) if (command.includes(folder)) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

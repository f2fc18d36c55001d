import { join } from 'node:path';
import type { Config } from '@datasens/core/config.ts';
import type { Log } from '@datasens/core/deps.ts';
import { readInboxRules } from '@datasens/core/import/inbox-rules.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { type Functions, openFunctions } from '../functions/functions.ts';
import { createInvoke } from '../functions/invoke.ts';
import { type Inbox, watchInbox } from '../inbox/watch-inbox.ts';
import { keepSchedules } from '../schedules/keep-schedules.ts';
import { readSchedules } from '../schedules/read-schedules.ts';
import { listen } from '../step-functions/api/listen.ts';
import { systemClock } from '../step-functions/clock.ts';
import { hostStepFunctions } from '../step-functions/host.ts';
import { serveUrls, URL_FUNCTIONS } from '../urls/serve-urls.ts';
import { expectTokens, ownerOf } from '../urls/tokens.ts';
import { listWorkflows, registerWorkflows } from '../workflows/register-workflows.ts';
import { announce } from './announcement.ts';
import { functionEnvironment, type Provided } from './function-environment.ts';
import { findPrograms } from './programs.ts';

/** A folder is looked at for next to nothing; a bucket is asked for, and may tell of itself besides. */
const FOLDER_EVERY_MS = 1_000;
const BUCKET_EVERY_MS = 30_000;
/** Whoever calls by HTTP waits for the answer. */
const URL_FUNCTION = { timeoutMs: 60_000 };

export interface HostOptions {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  /** Stands in for what the configuration does not name. */
  readonly provided: Provided;
  /** Of the API of Step Functions, on loopback; 0 for one that is free. */
  readonly port: number;
  /** Where function URLs are; port 0 for one that is free. */
  readonly urls: { readonly address: string; readonly port: number };
  readonly log: Log;
}

export interface Host extends AsyncDisposable {
  /** Where the API of Step Functions is. */
  readonly endpoint: string;
  /** Where function URLs are. */
  readonly url: string;
}

/**
 * Runs everything on this machine: the workflows with their functions in processes, the schedules, and the inbox. What the
 * last host was ended in goes on. Disposing ends it: what runs is taken up by the next one. Throws `ConfigError` where
 * another host has the home or a port, the schedules or the rules of the inbox do not hold, or other machines are let in and
 * nobody has a token.
 */
export async function openHost({ config, environment, provided, port, urls, log }: HostOptions): Promise<Host> {
  await using opened = new AsyncDisposableStack();
  const clock = systemClock;
  const programs = findPrograms();
  const workflows = await listWorkflows(programs.workflows);
  const otherwise = `${programs.workflows}schedules.json`;
  const schedules = await readSchedules({ ...config.schedules, otherwise, workflows });
  // The starter reads them for each file; that they hold is said now.
  await readInboxRules(config.imports);
  const store = await openStore(config.storage, config.s3);

  const listener = opened.use(await listen(port));
  const { url: endpoint } = listener;
  const { home } = config;
  await expectTokens(home, urls.address);
  // Functions are told of it, and called by it: whoever asks before they can be waits.
  const running = Promise.withResolvers<{ readonly functions: Functions; readonly inbox: Inbox }>();
  const { url } = opened.use(
    await serveUrls({
      ...urls,
      invoke: async (name, event, signal) => await (await running.promise).functions.invoke(name, event, signal),
      ownerOf: (token) => ownerOf(home, token),
      bucketChanged: async () => (await running.promise).inbox.look(),
      log,
    }),
  );
  const given = functionEnvironment(environment, config, { endpoint, url, provided, workflows });
  const settings = Object.fromEntries(URL_FUNCTIONS.map((name) => [name, URL_FUNCTION]));
  // Ours, and those that somebody has put beside them for steps of their own.
  const folders = [programs.functions, join(home, 'functions')];
  const functions = opened.use(openFunctions({ folders, settings, environment: given, log }));
  const taskProgram = { command: [process.execPath, programs.task], environment: given } as const;
  const invoke = createInvoke({ functions, taskProgram, endpoint });
  const host = opened.use(await hostStepFunctions({ home, listener, invoke, log }));
  await registerWorkflows({ ...host, clock }, programs.workflows);
  opened.use(keepSchedules({ ...host, clock, log }, schedules));
  const starter = (batch: Parameters<typeof functions.invoke>[1], signal: AbortSignal) =>
    functions.invoke('starter', batch, signal);
  const everyMs = config.inboxEveryMs ?? (store.uri.startsWith('file:') ? FOLDER_EVERY_MS : BUCKET_EVERY_MS);
  const inbox = opened.use(watchInbox({ store, starter, clock, log }, everyMs));
  running.resolve({ functions, inbox });
  opened.use(await announce(home, endpoint));
  const all = opened.move();
  return { endpoint, url, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

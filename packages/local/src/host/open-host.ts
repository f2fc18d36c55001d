import type { Config } from '@datasens/core/config.ts';
import type { Log } from '@datasens/core/deps.ts';
import { readInboxRules } from '@datasens/core/import/inbox-rules.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { openFunctions } from '../functions/functions.ts';
import { createInvoke } from '../functions/invoke.ts';
import { watchInbox } from '../inbox/watch-inbox.ts';
import { keepSchedules } from '../schedules/keep-schedules.ts';
import { readSchedules } from '../schedules/read-schedules.ts';
import { listen } from '../step-functions/api/listen.ts';
import { systemClock } from '../step-functions/clock.ts';
import { hostStepFunctions } from '../step-functions/host.ts';
import { listWorkflows, registerWorkflows } from '../workflows/register-workflows.ts';
import { announce } from './announcement.ts';
import { functionEnvironment, type Provided } from './function-environment.ts';
import { findPrograms } from './programs.ts';

/** A folder is looked at for next to nothing; a bucket is asked for, and may tell of itself besides. */
const FOLDER_EVERY_MS = 1_000;
const BUCKET_EVERY_MS = 30_000;

export interface HostOptions {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  /** Stands in for what the configuration does not name. */
  readonly provided: Provided;
  /** Of the API of Step Functions, on loopback; 0 for one that is free. */
  readonly port: number;
  readonly log: Log;
}

export interface Host extends AsyncDisposable {
  /** Where the API of Step Functions is. */
  readonly endpoint: string;
}

/**
 * Runs everything on this machine: the workflows with their functions in processes, the schedules, and the inbox. What the
 * last host was ended in goes on. Disposing ends it: what runs is taken up by the next one. Throws `ConfigError` where
 * another host has the home or the port, or the schedules or the rules of the inbox do not hold.
 */
export async function openHost({ config, environment, provided, port, log }: HostOptions): Promise<Host> {
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
  const given = functionEnvironment(environment, config, { endpoint, provided });
  const functions = opened.use(openFunctions({ folder: programs.functions, environment: given, log }));
  const taskProgram = { command: [process.execPath, programs.task], environment: given } as const;
  const invoke = createInvoke({ functions, taskProgram, endpoint });
  const host = opened.use(await hostStepFunctions({ home: config.home, listener, invoke, log }));
  await registerWorkflows({ ...host, clock }, programs.workflows);
  opened.use(keepSchedules({ ...host, clock, log }, schedules));
  const starter = (batch: Parameters<typeof functions.invoke>[1], signal: AbortSignal) =>
    functions.invoke('starter', batch, signal);
  const everyMs = store.uri.startsWith('file:') ? FOLDER_EVERY_MS : BUCKET_EVERY_MS;
  opened.use(watchInbox({ store, starter, clock, log }, everyMs));
  opened.use(await announce(config.home, endpoint));
  const all = opened.move();
  return { endpoint, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

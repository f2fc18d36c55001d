import { join } from 'node:path';
import type { Log } from '@datasens/core/deps.ts';
import type { ApiListener } from './api/listen.ts';
import { serveApi } from './api/server.ts';
import { systemClock } from './clock.ts';
import { type Engine, openEngine } from './engine/engine.ts';
import type { Invoke } from './engine/invoke.ts';
import { openEvaluator } from './evaluation/evaluator.ts';
import { type Journal, openJournal } from './journal/journal.ts';
import { openRetention } from './retention.ts';

export interface StepFunctionsOptions {
  /** `DATASENS_HOME`: the journal is there. Created if it is not there. */
  readonly home: string;
  /** Where the API is. What `invoke` starts may have been told. */
  readonly listener: ApiListener;
  readonly invoke: Invoke;
  readonly log: Log;
  /** How many days an execution is kept that is over: 90 where nothing is said, as on AWS. */
  readonly retentionDays?: number;
}

export interface StepFunctionsHost extends AsyncDisposable {
  readonly engine: Engine;
  readonly journal: Journal;
}

/**
 * State machines on this machine, and the API by which they are created and run. Whatever ran when the host last ended
 * goes on. Throws `ConfigError` where another host has the journal.
 */
export async function hostStepFunctions({
  home,
  listener,
  invoke,
  log,
  retentionDays,
}: StepFunctionsOptions): Promise<StepFunctionsHost> {
  await using opened = new AsyncDisposableStack();
  const clock = systemClock;
  const journal = opened.use(openJournal(join(home, 'step-functions.sqlite')));
  const evaluator = opened.use(openEvaluator());
  const engine = opened.use(openEngine({ journal, evaluator, invoke, clock, log, random: Math.random }));
  opened.use(openRetention({ journal, clock, log }, retentionDays));
  opened.use(serveApi({ listener, journal, engine, clock, log }));
  const all = opened.move();
  return { engine, journal, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

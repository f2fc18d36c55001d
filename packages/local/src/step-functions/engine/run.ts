import type { Log } from '@datasens/core/deps.ts';
import type { Clock } from '../clock.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { Journal } from '../journal/journal.ts';
import type { Json } from '../json.ts';
import type { Bells } from './bells.ts';
import type { Invoke } from './invoke.ts';

export interface EngineDeps {
  readonly journal: Journal;
  readonly evaluator: Evaluator;
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1: the jitter of retries. */
  readonly random: () => number;
}

/** An execution that is under way. */
export interface Run {
  readonly deps: EngineDeps;
  readonly bells: Bells;
  readonly executions: Executions;
  readonly id: number;
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly roleArn: string;
  readonly input: Json;
  readonly startedAt: number;
  readonly redrives: number;
  /** How many events its history has. */
  events: number;
}

/** What a Task state needs of the engine to run another execution. */
export interface Executions {
  arnOf(start: Start): string;
  /** Writes it down, as part of the transaction that is open; nothing runs before `launch`. Throws `ApiError`. */
  prepare(start: Start): void;
  /** Lets it run, if it is not over and does not run already. */
  launch(arn: string): void;
  /** Ends it, if it runs. */
  stop(arn: string): void;
  /** The host ends, and whatever runs goes on after its restart. */
  closing(): boolean;
}

export interface Start {
  readonly machineArn: string;
  readonly name: string;
  readonly input: string;
}

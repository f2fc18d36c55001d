import { AppError } from '@datasens/core/errors.ts';
import type { Context } from 'aws-lambda';

/** For aborting uploads and rolling back, before Lambda ends the process: so much of the time, and no more. */
const SHARE_FOR_UNDOING = 0.1;
const MOST_FOR_UNDOING_MS = 20_000;

export interface Deadline extends Disposable {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** What has failed because the time was over failed by that. */
  causeOf(error: unknown): unknown;
}

/** The time that Lambda gives the call, less what it takes to undo what is not done by then. */
export function deadlineOf({ getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>): Deadline {
  const givenMs = getRemainingTimeInMillis();
  const ms = givenMs - Math.min(givenMs * SHARE_FOR_UNDOING, MOST_FOR_UNDOING_MS);
  const controller = new AbortController();
  const exceeded = new AppError(
    'DeadlineExceeded',
    `${Math.round(ms / 1_000)} s were not enough: what was begun is undone`,
  );
  const timer = setTimeout(() => controller.abort(exceeded), ms);
  return {
    signal: controller.signal,
    causeOf: (error) => (controller.signal.aborted ? exceeded : error),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

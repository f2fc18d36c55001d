/**
 * Removes the executions of a journal that are over, and is killed after one of its steps. Arguments: a JSON object as
 * below.
 */
import { type Clock, systemClock } from '@datasens/local/step-functions/clock.ts';
import { openJournal } from '@datasens/local/step-functions/journal/journal.ts';
import { openRetention } from '@datasens/local/step-functions/retention.ts';
import { killAt } from '@datasens/testkit/fault.ts';
import { faultyJournal } from '@datasens/testkit/faulty-journal.ts';

export interface RetentionChildInput {
  readonly path: string;
  readonly n: number;
}

const { path, n }: RetentionChildInput = JSON.parse(process.argv[2] ?? '{}');
using journal = openJournal(path);
const through = Promise.withResolvers<void>();
const clock: Clock = {
  now: () => Date.now() + 1,
  wait(ms, signal) {
    // For the next day.
    through.resolve();
    return systemClock.wait(ms, signal);
  },
};
const log = (message: string) => through.reject(new Error(message));
await using _ = openRetention({ journal: faultyJournal(journal, killAt(n, 'after')), clock, log }, 0);
await through.promise;

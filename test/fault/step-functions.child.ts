/**
 * Runs the state machine of `step-functions-world`, and is killed at one of its steps. Arguments: a JSON object as
 * below. Prints the number of steps when it gets through.
 */
import { killAt } from '@datasens/testkit/fault.ts';
import { faultyJournal } from '@datasens/testkit/faulty-journal.ts';
import { crashWorld } from './step-functions-crash.ts';

export interface StepFunctionsChildInput {
  readonly folder: string;
  /** 0 for none of them. */
  readonly step: number;
  readonly when: 'before' | 'after';
}

const { folder, step, when } = JSON.parse(process.argv[2] ?? '') as StepFunctionsChildInput;
const steps = killAt(step, when);
await using world = await crashWorld(folder, (journal) => faultyJournal(journal, steps));
await world.finish();
process.stdout.write(`${steps.taken.length}\n`);

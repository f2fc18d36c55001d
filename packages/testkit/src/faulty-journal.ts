import type { Journal } from '@datasens/local/step-functions/journal/journal.ts';
import type { Steps } from './fault.ts';

/** The journal, with each commit a step. */
export function faultyJournal(journal: Journal, steps: Steps): Journal {
  return {
    ...journal,
    transaction(work) {
      const number = steps.begin('commit');
      const result = journal.transaction(work);
      steps.end(number);
      return result;
    },
    [Symbol.dispose]: () => journal[Symbol.dispose](),
  };
}

import { withoutValues } from '@datasens/core/import/record-refusal.ts';

/**
 * Runs `work` on a file that is imported, whose failure must not say what stands in it: what a state machine is told stays
 * in its history, in the clear, and is sent to people.
 */
export async function withholdValues<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withoutValues(error);
  }
}

import { withoutRows } from '@datasens/core/audit/record-failure.ts';

/**
 * Runs `work`, whose failure must not quote a row where it is about a sensitive dump: what a state machine is told stays
 * in its history, in the clear.
 */
export async function withholdRows<T>(sensitive: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sensitive ? withoutRows(error) : error;
  }
}

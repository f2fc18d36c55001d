import type { Deps } from '../deps.ts';
import type { JsonObject } from './journal-event.ts';
import { recordEvent } from './record-event.ts';

/** An event is small: the whole of a tool's complaint is for the caller. */
const LONGEST_MESSAGE = 2_000;

export interface Failure {
  readonly dumpId: number;
  readonly user: string;
  readonly error: unknown;
  /** What was tried. */
  readonly detail?: JsonObject;
}

/** Journals ECHEC. Never throws: the failure itself is the one to report. */
export async function recordFailure(
  deps: Pick<Deps, 'db' | 'store' | 'log'>,
  { dumpId, user, error, detail = {} }: Failure,
): Promise<void> {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  try {
    // Also when the failure is that somebody interrupted us.
    const { signal } = new AbortController();
    await recordEvent(
      { ...deps, signal },
      {
        event: 'ECHEC',
        dumpId,
        user,
        detail: { ...detail, error: { name, message: message.slice(0, LONGEST_MESSAGE) } },
      },
    );
  } catch (unrecorded) {
    deps.log('the failure could not be journalled', { dumpId, because: String(unrecorded) });
  }
}

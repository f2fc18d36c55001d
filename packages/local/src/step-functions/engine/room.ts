import { JournalFull } from '../journal/journal.ts';
import type { EngineDeps } from './run.ts';

const PAUSE_MS = 1_000;

/** Writes to the journal, and while the disk is full waits for room. Throws the signal's reason, having written nothing. */
export async function whenThereIsRoom<T>(
  { clock, log }: Pick<EngineDeps, 'clock' | 'log'>,
  signal: AbortSignal,
  write: () => T,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return write();
    } catch (error) {
      if (!(error instanceof JournalFull)) throw error;
      log(error.message);
      await clock.wait(PAUSE_MS, signal);
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';

const ASK_EVERY_MS = 250;

export interface LockWait {
  /** Takes the lock, unless somebody else has it. */
  take(): Promise<boolean>;
  /** Who has it, for people. */
  holders(): Promise<readonly string[]>;
  /** How long it is asked for. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** What is under way where somebody else has it. */
  readonly underWay: string;
}

/**
 * Asks for a lock again and again. Not in the server's queue, for an exclusive lock that is waited for there keeps out
 * all who would share it. Throws `Transient` with the names of those who have it when the patience is over.
 */
export async function waitForLock({ take, holders, patienceMs, signal, underWay }: LockWait): Promise<void> {
  for (const until = performance.now() + patienceMs; ; ) {
    if (await take()) return;
    const leftMs = until - performance.now();
    if (leftMs <= 0) break;
    await delay(Math.min(ASK_EVERY_MS, leftMs), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  const found = await holders();
  throw new AppError(
    'Transient',
    `${underWay}${found.length > 0 ? `: ${found.join('; ')}` : ''}. Wait for its end, then try again`,
    { holders: found },
  );
}

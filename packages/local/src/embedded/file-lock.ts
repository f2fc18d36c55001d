import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;
const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other process holds the lock of this file. Node has no flock: SQLite's exclusive
 * transaction is a lock that the kernel lets go of when its holder dies, however it dies.
 */
export async function withFileLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  // Loaded when it is needed: a command that finds its server running never takes the lock.
  const { DatabaseSync } = await import('node:sqlite');
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    while (!tryLock(() => file.exec('begin exclusive'))) await delay(POLL_MS, undefined, { signal });
    return await work();
  } finally {
    file.close();
  }
}

function tryLock(lock: () => void): boolean {
  try {
    lock();
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

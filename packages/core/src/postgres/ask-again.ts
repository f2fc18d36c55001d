import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '../errors.ts';
import type { Session } from './session.ts';

const ASK_AGAIN_MS = 250;
const ASK_FOR_MS = 120_000;

/**
 * What became of work whose connection was lost: asks the server, each time on a new connection, until it can be
 * reached and `ask` returns something. Undefined when two minutes did not suffice: a server takes one to notice a peer
 * that is gone. Throws errors other than `Transient`.
 */
export async function askAgain<T>(
  open: () => Promise<Session>,
  ask: (session: Session) => Promise<T | undefined>,
): Promise<T | undefined> {
  const until = performance.now() + ASK_FOR_MS;
  for (;;) {
    try {
      await using session = await open();
      const answer = await ask(session);
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!isAppError(error, 'Transient')) throw error;
    }
    if (performance.now() > until) return undefined;
    await delay(ASK_AGAIN_MS);
  }
}

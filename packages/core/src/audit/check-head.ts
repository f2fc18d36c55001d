import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { eventKey, HEAD_KEY, ORIGIN, readHead, readSmall } from './journal-store.ts';
import type { ProblemList } from './problems.ts';

/**
 * Finds a head that was removed, changed or set back. The head is written after each object, so a crash leaves one
 * object beyond it, never two; one that moves on while it is looked at is looked at again.
 */
export async function checkHead(
  { store, signal }: Pick<Deps, 'store' | 'signal'>,
  problems: ProblemList,
): Promise<void> {
  const read = () =>
    readHead(store, signal).catch((error: unknown) => {
      if (isAppError(error, 'Conflict')) return undefined;
      throw error;
    });
  for (let head = await read(); ; ) {
    const second = (head ?? ORIGIN).seq + 2;
    if (head && (await readSmall(store, eventKey(second), signal)) === undefined) return;
    const later = await read();
    if (head && later && later.seq > head.seq) {
      head = later;
      continue;
    }
    const problem = head
      ? `${HEAD_KEY} ${head.seq === 0 ? 'is missing' : `stands at event ${head.seq}`}, and event ${second} is mirrored`
      : `${HEAD_KEY} is not the head of a journal`;
    problems.add({ seq: null, kind: head?.seq === 0 ? 'removed' : 'changed', where: 'bucket', message: problem });
    return;
  }
}

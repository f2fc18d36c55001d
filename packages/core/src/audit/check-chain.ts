import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { chainSide } from './chain-side.ts';
import { type JournalHead, ORIGIN, readHead } from './journal-store.ts';
import type { Problem, ProblemList } from './problems.ts';
import { type Step, walkJournal } from './walk-journal.ts';

/** Reports each event that database and bucket do not both hold as it was sealed. Returns how many T39 has. */
export async function checkChain(deps: Pick<Deps, 'db' | 'store' | 'signal'>, problems: ProblemList): Promise<number> {
  const head = await readHead(deps.store, deps.signal).catch((error: unknown) => {
    if (isAppError(error, 'Conflict')) return ORIGIN;
    throw error;
  });
  const guilty = new Set<number | null>();
  const report = (problem: Problem) => {
    guilty.add(problem.seq);
    problems.add(problem);
  };
  const database = chainSide('database', head, report);
  const bucket = chainSide('bucket', head, report);
  const onStranger = (key: string) =>
    report({ seq: null, kind: 'inserted', where: 'bucket', message: `${key} is not of the journal` });

  let events = 0;
  let differs: number | undefined;
  for await (const step of walkJournal({ ...deps, onStranger, headSeq: head.seq })) {
    guilty.clear();
    if (step.row) database.follow(step.seq, step.row, !step.object);
    if (step.object) bucket.follow(step.seq, step.object, !step.row);
    // One event later, for a single event that was rewritten shows in its successor.
    if (differs !== undefined && !guilty.has(differs)) report(fork(differs));
    else checkAnchor(step, head, report);
    differs =
      step.row && step.object && step.row.text !== step.object.text && !guilty.has(step.seq) ? step.seq : undefined;
    if (step.row) events += 1;
  }
  if (differs !== undefined) report(fork(differs));
  database.end(Math.max(head.seq, bucket.lastSeq()));
  bucket.end(head.seq);
  return events;
}

/** The last event has no successor to confirm it: the head does. */
function checkAnchor({ seq, row, object }: Step, head: JournalHead, report: (problem: Problem) => void): void {
  if (seq !== head.seq) return;
  const message = 'it is not the event that the head of the journal names';
  if (row?.hash !== head.hash && object?.hash !== head.hash) {
    report({ seq, kind: 'changed', where: 'bucket', message: 'the head of the journal names another event' });
  } else if (row?.intact && row.hash !== head.hash) {
    report({ seq, kind: 'changed', where: 'database', message });
  } else if (object?.intact && object.hash !== head.hash) {
    report({ seq, kind: 'changed', where: 'bucket', message });
  }
}

function fork(seq: number): Problem {
  const message = 'database and bucket hold different events, each sound in itself: one chain was written anew';
  return { seq, kind: 'forked', where: 'database', message };
}

import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { checkApprovals } from './check-approvals.ts';
import { checkChain } from './check-chain.ts';
import { checkHead } from './check-head.ts';
import { checkRows } from './check-rows.ts';
import { mirrorJournal } from './mirror-journal.ts';
import { type Problem, problemList } from './problems.ts';

export interface JournalReport {
  /** Events in T39. */
  readonly events: number;
  readonly ok: boolean;
  /** The first 1,000; neighbouring events with the same problem are one. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
}

/**
 * Compares the three records of what happened: the events in T39, their objects in the store, and the rows of T38
 * and T41.
 * Mirrors first what is not mirrored yet. Reads everything once, with memory bounded whatever its length; events that
 * are appended meanwhile are no problem. What it can and cannot find is in docs/journal.md.
 *
 * Throws only what keeps it from looking (`Transient`, `NotAllowed` …): a damaged journal is a report, not an error.
 */
export async function verifyJournal(deps: Pick<Deps, 'db' | 'store' | 'signal'>): Promise<JournalReport> {
  const problems = problemList();
  // Before the catching up, which would write a lost head anew.
  await checkHead(deps, problems);
  await mirrorJournal(deps).catch((error: unknown) => {
    // A fork, a rewound database or a changed event: what follows finds where.
    if (!isAppError(error, 'Conflict')) throw error;
  });
  const events = await checkChain(deps, problems);
  await checkRows(deps, problems);
  await checkApprovals(deps, problems);
  return { events, ok: problems.count() === 0, problems: problems.first(), problemCount: problems.count() };
}

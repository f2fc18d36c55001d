import { answerWaiting, listUnanswered } from '../approval/answer-waiting.ts';
import type { Deps } from '../deps.ts';
import { type AppError, isAppError } from '../errors.ts';
import { type Findings, MENDED } from './finding.ts';

const MOST_NAMED = 10;

/**
 * Tells the states that wait for approvals what was decided, where whoever decided was killed before that, and those that
 * nobody has decided on in time that nobody will. One finding, for what keeps one from being told keeps all, but for a row
 * that somebody has edited.
 */
export async function answerDecided(deps: Pick<Deps, 'db' | 'signal' | 'now'>, findings: Findings): Promise<void> {
  const approvals = await listUnanswered(deps);
  if (approvals.length === 0) return;
  const more = approvals.length > MOST_NAMED ? ` and ${approvals.length - MOST_NAMED} more` : '';
  await findings.mend(
    { kind: 'answer', name: `approvals ${approvals.slice(0, MOST_NAMED).join(', ')}${more}` },
    {
      async act() {
        let edited: AppError | undefined;
        for (const approvalId of approvals) {
          await answerWaiting(deps, approvalId).catch((error: unknown) => {
            if (!isAppError(error, 'Conflict')) throw error;
            edited ??= error;
          });
        }
        if (edited) throw edited;
        return MENDED;
      },
    },
  );
}

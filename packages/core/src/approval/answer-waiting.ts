import type { Approval } from '../audit/approval-row.ts';
import { APPROVAL_TABLE } from '../audit/tables.ts';
import type { Deps } from '../deps.ts';
import { expectRecorded, findApproval } from './find-approval.ts';
import { sendAnswer, type TaskAnswer } from './send-answer.ts';

/**
 * - `told`      the state that waits has its answer, and goes on
 * - `over`      it waits no longer: it was answered before, its time was over, or its execution was ended
 * - `nobody`    no state waits; also after a rebuilding of the audit, which brings back no token
 * - `undecided` there is nothing to tell yet
 */
export type Waiting = 'told' | 'over' | 'nobody' | 'undecided';

/**
 * Tells the state that waits for an approval what was decided, or that nobody has decided in time. Whoever is killed
 * between the two is repaired by calling it again: a token takes one answer. Throws `Conflict` for a row that somebody has
 * edited, and what `sendAnswer` throws.
 */
export async function answerWaiting(deps: Pick<Deps, 'db' | 'signal' | 'now'>, approvalId: number): Promise<Waiting> {
  const { db, signal, now } = deps;
  const answer = answerOf(await findApproval(db, approvalId), now());
  if (!answer) return 'undecided';
  const { rows } = await db.query<{ token: string | null }>(
    `select jeton as token from ${APPROVAL_TABLE} where approbation_id = $1`,
    [approvalId],
  );
  const token = rows[0]?.token ?? null;
  if (token === null) return 'nobody';
  await expectRecorded(db, approvalId);
  const told = await sendAnswer(token, answer, signal);
  // Only this one: the state may have been retried meanwhile, and waits by another.
  await db.query(`update ${APPROVAL_TABLE} set jeton = null where approbation_id = $1 and jeton = $2`, [
    approvalId,
    token,
  ]);
  return told ? 'told' : 'over';
}

/** The approvals that states wait for, and that are decided, or whose term is over; the oldest first. */
export async function listUnanswered({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `select approbation_id as id from ${APPROVAL_TABLE}
      where jeton is not null and (statut <> 'EN_ATTENTE' or date_expiration <= $1::timestamp) order by id`,
    [now().toISOString().replace('Z', '')],
  );
  return rows.map(({ id }) => id);
}

/** Undefined while somebody may still decide. Success for what was approved, whatever has become of it since. */
function answerOf(approval: Approval, now: Date): TaskAnswer | undefined {
  const { approvalId, status, decidedBy: by, comment, voidBecause, expiresAt } = approval;
  switch (status) {
    case 'APPROUVE':
    case 'UTILISE':
      return { output: { approvalId, decision: 'approved', by } };
    case 'REFUSE':
      return refusal(`approval ${approvalId} was rejected by ${by}: ${comment}`);
    case 'ANNULE':
      return refusal(`approval ${approvalId} is void: ${voidBecause}`);
    case 'EN_ATTENTE':
      if (now < new Date(expiresAt)) return undefined;
      return refusal(`approval ${approvalId} expired at ${expiresAt}: nobody has decided on it`);
  }
}

function refusal(cause: string): TaskAnswer {
  return { error: 'NotAllowed', cause };
}

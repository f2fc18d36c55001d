import { subjectOf } from '@datasens/core/approval/approval-lines.ts';
import { type Decided, decideApproval } from '@datasens/core/approval/decide-approval.ts';
import type { DecisionRequest } from '@datasens/core/approval/record-decision.ts';
import type { Approval } from '@datasens/core/audit/approval-row.ts';
import { InvalidArgumentError } from 'commander';
import { openContext } from './context.ts';
import { findHost } from './find-host.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

/** What `approve` and `reject` do. */
export async function decide(request: Omit<DecisionRequest, 'user'>, json: boolean): Promise<void> {
  await using context = await openContext(interruption());
  const { deps, config, user } = context;
  await findHost(config.home);
  const decided = await decideApproval(deps, { ...request, user });
  if (json) printJson(toJson(decided));
  else printLines(toText(decided, request.decision));
}

/** Throws what Commander tells as wrong usage. */
export function parseApprovalId(value: string): number {
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected the number of an approval, as datasens approvals lists them.');
}

function toJson({ approval, changed, waiting, mirrorError }: Decided) {
  const warnings = mirrorError ? [`the journal's mirror is behind: ${String(mirrorError)}`] : [];
  return { approval, changed, waiting, warnings };
}

function toText({ approval, changed, waiting }: Decided, decision: 'approved' | 'rejected'): string {
  const { approvalId, status } = approval;
  const already = changed ? '' : ' already';
  const since = status === 'UTILISE' ? ', and used' : status === 'ANNULE' ? ', and void since' : '';
  return `approval ${approvalId} is ${decision}${already}${since}: ${subjectOf(approval)}. ${WAITING[waiting](approval)}`;
}

const WAITING: Readonly<Record<Decided['waiting'], (approval: Approval) => string>> = {
  told: ({ execution }) => `The execution ${execution ?? 'that waits'} was told`,
  over: goneText,
  nobody: goneText,
  undecided: goneText,
};

/** Why, nobody knows: a token that is used, out of date or lost is gone. */
function goneText({ execution }: Approval): string {
  if (execution === null) return 'Nobody waits for it';
  return `The execution ${execution} does not wait for it any more: it was told before, or its wait is over`;
}

import { askForApproval } from '@datasens/core/approval/ask-for-approval.ts';
import { ApprovalChanges } from '@datasens/core/audit/approval-changes.ts';
import { APPROVAL_KINDS, type ApprovalKind } from '@datasens/core/audit/approval-row.ts';
import { AppError } from '@datasens/core/errors.ts';
import * as z from 'zod';
import { Actor } from './task/retention.ts';
import { task } from './task/task.ts';
import { approversOf } from './task/tell-approvers.ts';

const HOUR_MS = 3_600_000;
/** No execution of a Standard workflow lasts longer than a year (Step Functions quotas). */
const MOST_HOURS = 8_760;

/**
 * What a state calls that waits for the answer of a person (`lambda:invoke.waitForTaskToken`): it goes on with
 * `{approvalId, decision: 'approved', by}`, or fails by `NotAllowed`. Nobody reads what this returns.
 */
export const handler = task(
  {
    token: z.string().min(1),
    kind: z.enum(Object.keys(APPROVAL_KINDS) as [ApprovalKind]),
    target: z.string(),
    sha256: z.string(),
    fingerprint: z.string(),
    rows: z.int().nonnegative().nullable().default(null),
    columns: z.int().nonnegative().nullable().default(null),
    changes: ApprovalChanges.prefault({}),
    user: Actor,
    expiresInHours: z.number().positive().max(MOST_HOURS).default(72),
  },
  async (deps, { expiresInHours, ...request }) => {
    const { execution } = deps;
    if (execution === undefined)
      throw new AppError('InvalidInput', 'execution: expected the name of the one that asks');
    const asked = { ...request, execution, expiresInMs: expiresInHours * HOUR_MS };
    const { approvalId, expiresAt } = await askForApproval(deps, asked, approversOf(deps));
    return { id: String(approvalId), expiresAt };
  },
);

import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { type ApprovalRequest, requestApproval } from '@datasens/core/approval/request-approval.ts';
import type { CertainIntent } from '@datasens/core/approval/use-approval.ts';
import type { Approval } from '@datasens/core/audit/approval-row.ts';
import type { TestAudit } from './audit.ts';

const HOUR_MS = 3_600_000;

/** A request as a workflow makes it; `overrides` say what matters to the test. */
export function approvalRequest(overrides: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return {
    kind: 'import',
    target: 'crm.gold.sales',
    sha256: 'ab'.repeat(32),
    fingerprint: 'cd'.repeat(32),
    rows: 120,
    columns: 3,
    changes: { doing: 'append', schema: ['column "price" numeric is added'], rowsBefore: 100, rowsAfter: 220 },
    user: 'paul',
    expiresInMs: 72 * HOUR_MS,
    ...overrides,
  };
}

/** What a job is about to do that the request is for. */
export function intentOf(request: ApprovalRequest, overrides: Partial<CertainIntent> = {}): CertainIntent {
  const { kind, target, sha256, fingerprint, user, execution } = request;
  return { kind, target, sha256, fingerprint, user, execution, attempt: 'attempt 1', ...overrides };
}

/** Asks for approval, and has claire give it. */
export async function approved(audit: TestAudit, request = approvalRequest()): Promise<Approval> {
  const { approval } = await requestApproval(audit, request);
  const { approvalId } = approval;
  return (await decideApproval(audit, { approvalId, decision: 'approved', user: 'claire' })).approval;
}

/** The same job days later. */
export function daysLater<Audit extends TestAudit>(audit: Audit, days: number): Audit {
  return { ...audit, now: () => new Date(Date.now() + days * 24 * HOUR_MS) };
}

/** Everything that the journal and the bucket have, as one text: what must not be in it is looked for there. */
export async function journalText({ server, store }: TestAudit): Promise<string> {
  const events = await server.sql('select detail, changements from t39_dump_evenement order by seq');
  const { blobs } = await store.list('');
  const objects = await Promise.all(
    blobs.map(async ({ key }) => Buffer.concat(await Array.fromAsync(store.read(key))).toString('latin1')),
  );
  return JSON.stringify(events) + objects.join('\n');
}

/** The events that are about approvals, in order. */
export async function approvalEvents({ server }: TestAudit): Promise<string[]> {
  const rows = await server.sql<{ event: string }>(
    `select evenement as event from t39_dump_evenement where detail like '%"approval":%' order by seq`,
  );
  return rows.map(({ event }) => event);
}

/** What is stored of the token of an approval. */
export async function tokenOf({ server }: TestAudit, approvalId: number): Promise<string | null> {
  const rows = await server.sql<{ token: string | null }>(
    'select jeton as token from t41_approbation where approbation_id = $1',
    [approvalId],
  );
  return rows[0]?.token ?? null;
}

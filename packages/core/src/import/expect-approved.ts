import { expectApproval } from '../approval/expect-approval.ts';
import type { Intent } from '../approval/judge-approval.ts';
import { useApproval } from '../approval/use-approval.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { bindApproval } from './approval-binding.ts';
import type { Attempt } from './attempt.ts';
import { patienceOf } from './take-table.ts';

/** The approval that an import is to use, and what for. */
export interface Approved {
  readonly approvalId: number;
  readonly intent: Intent;
}

/**
 * The gate of an import into a protected table. Undefined where it needs no approval. `sha256` is that of the content,
 * where it was read before. Throws what `expectApproval` and `bindApproval` throw.
 */
export async function expectApproved(
  { deps, request, session }: Attempt,
  place: RelationName,
  sha256: string | undefined,
): Promise<Approved | undefined> {
  const { approvalId, user } = request;
  const always = approvalId !== undefined;
  const binding = await bindApproval(deps, session, { place, patienceMs: patienceOf(request), always });
  if (!binding) return undefined;
  const { tables, ...bound } = binding;
  const intent = { ...bound, sha256: sha256 ?? request.expectSha256, user, execution: deps.execution };
  const approval = await expectApproval(deps, { ...intent, tables, approvalId });
  return approval && { approvalId: approval.approvalId, intent };
}

/** Uses it for the content that was loaded. Throws what `useApproval` throws. */
export async function useApproved(
  { deps }: Attempt,
  { approvalId, intent }: Approved,
  { sha256, dumpId }: { readonly sha256: string; readonly dumpId: number },
): Promise<void> {
  await useApproval(deps, approvalId, { ...intent, sha256, attempt: `import, dump_id ${dumpId}` });
}

import type { TellApprovers } from '@datasens/core/approval/ask-for-approval.ts';
import { linksOf } from '@datasens/core/approval/link.ts';
import type { Call } from './step.ts';
import { tellPeople } from './tell-people.ts';

/**
 * Tells people that somebody wants an approval. It throws nothing: the request is recorded, and whoever was not told finds
 * it by `datasens approvals`.
 */
export function approversOf(call: Pick<Call, 'config' | 'signal' | 'log'>): TellApprovers {
  return async (approval) => {
    const { approvalId, kind, target, requestedBy, sha256, expiresAt } = approval;
    try {
      await tellPeople(call, {
        kind: 'approval',
        at: new Date().toISOString(),
        id: String(approvalId),
        what: kind,
        target,
        requestedBy,
        sha256,
        expiresAt,
        links: linksOf(call.config.links, approval),
      });
    } catch (error) {
      call.log(`nobody was told of approval ${approvalId}`, { because: String(error) });
    }
  };
}

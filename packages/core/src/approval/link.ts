import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Approval } from '../audit/approval-row.ts';
import { AppError } from '../errors.ts';
import type { LinkSettings } from './link-settings.ts';
import { mayBeSamePerson } from './same-person.ts';

/** What a link lets one approver do with one approval: look at it, or decide on it. */
export type LinkMethod = 'GET' | 'POST';

/** The query of a link. */
export interface LinkQuery {
  readonly approver: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** Over the rest, the number of the approval and the method. */
  readonly signature: string;
}

interface Subject extends Pick<LinkQuery, 'approver' | 'expires'> {
  readonly approvalId: number;
}

/** The query by which an approver gets at an approval. */
export function signLink({ secret }: LinkSettings, method: LinkMethod, subject: Subject): string {
  const { approver, expires } = subject;
  const signature = signatureOf(secret(), method, subject).toString('base64url');
  return new URLSearchParams({ approver, expires: String(expires), signature }).toString();
}

/**
 * Who has the link. Throws `NotAllowed` for one that is not as it was signed, was signed for another method or approval, whose
 * time is over, or whose approver is none any more.
 */
export function expectLink(
  { secret, approvers }: LinkSettings,
  method: LinkMethod,
  { approvalId, approver, expires, signature }: LinkQuery & { readonly approvalId: number },
  now: Date,
): string {
  const given = Buffer.from(signature, 'base64url');
  const expected = signatureOf(secret(), method, { approvalId, approver, expires });
  if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) {
    throw new AppError('NotAllowed', 'this link is not one of ours, or was altered');
  }
  if (now.getTime() >= expires * 1_000) throw new AppError('NotAllowed', 'the time of this link is over');
  if (!approvers.includes(approver)) throw new AppError('NotAllowed', `${approver} approves nothing any more`);
  return approver;
}

/** A link for each approver but the one who asks, until the term of the request; none where nobody can be sent one. */
export function linksOf(
  settings: LinkSettings | undefined,
  { approvalId, requestedBy, expiresAt }: Pick<Approval, 'approvalId' | 'requestedBy' | 'expiresAt'>,
): { readonly approver: string; readonly url: string }[] {
  if (settings?.url === undefined) return [];
  const { url, approvers } = settings;
  const expires = Math.ceil(new Date(expiresAt).getTime() / 1_000);
  return approvers
    .filter((approver) => !mayBeSamePerson(approver, requestedBy))
    .map((approver) => {
      const query = signLink(settings, 'GET', { approvalId, approver, expires });
      return { approver, url: `${url}/approval/${approvalId}?${query}` };
    });
}

function signatureOf(secret: string, method: LinkMethod, { approvalId, approver, expires }: Subject): Buffer {
  // JSON, so that no two subjects are one text.
  const signed = JSON.stringify(['datasens approval link', method, approvalId, approver, expires]);
  return createHmac('sha256', secret).update(signed).digest();
}

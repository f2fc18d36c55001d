import type { Approval, ApprovalKind } from '../audit/approval-row.ts';
import { isSamePerson } from './same-person.ts';

/** What is about to happen. */
export interface Intent {
  readonly kind: ApprovalKind;
  /** As the request named it. */
  readonly target: string;
  /** Of the file or the dump; undefined where it is not known yet. */
  readonly sha256: string | undefined;
  /** `schemaFingerprint` of the target's tables, as they are before anything is changed. */
  readonly fingerprint: string;
  /** Who acts. */
  readonly user: string;
  /** The execution of a workflow whose step it is. */
  readonly execution?: string | undefined;
  /** What tells this attempt from any other, where no execution does. */
  readonly attempt?: string | undefined;
}

export type Verdict =
  | { readonly kind: 'fits' }
  /** What is about to happen has used it before: an attempt that is made again. */
  | { readonly kind: 'used' }
  | { readonly kind: 'refused'; readonly because: string }
  /** Given for something else than what it is used for, or too long ago: nobody is to use it any more. */
  | { readonly kind: 'void'; readonly because: string };

/** What was approved is to be done soon. No workflow takes longer (workflows/). */
const USABLE_FOR_MS = 7 * 86_400_000;

/** The one by which an approval is used: it is the same however often the attempt is made. */
export function userOf({ execution, attempt }: Pick<Intent, 'execution' | 'attempt'>): string | undefined {
  return execution ?? attempt;
}

/**
 * Whether an approval allows what is about to happen: it was given, to this execution or, where none had asked, to this
 * person; nobody else has used it; and content, target and schema are those that it was given for.
 */
export function judgeApproval(approval: Approval, intent: Intent, now: Date): Verdict {
  const holder = holderProblem(approval, intent);
  if (holder) return { kind: 'refused', because: holder };
  const standing = standingProblem(approval, intent);
  if (standing) return { kind: 'refused', because: standing };
  const differing = differencesOf(approval, intent);
  if (approval.status === 'UTILISE') {
    if (differing.length === 0) return { kind: 'used' };
    return { kind: 'refused', because: `it was used, and for something else: ${differing.join('; ')}` };
  }
  if (differing.length > 0) return { kind: 'void', because: differing.join('; ') };
  const { decidedAt } = approval;
  if (decidedAt === null || now.getTime() - Date.parse(decidedAt) > USABLE_FOR_MS) {
    return { kind: 'void', because: `it was given at ${decidedAt}, and is to be used within seven days` };
  }
  return { kind: 'fits' };
}

/** Somebody else's approval is no concern of this one, so that whoever mistakes a number voids nothing. */
function holderProblem({ execution, requestedBy }: Approval, intent: Intent): string | undefined {
  if (execution !== null) {
    return execution === intent.execution ? undefined : `it is that of the execution ${execution} alone`;
  }
  return isSamePerson(requestedBy, intent.user) ? undefined : `it is that of ${requestedBy} alone, who asked for it`;
}

function standingProblem(approval: Approval, intent: Intent): string | undefined {
  const { status, expiresAt, decidedBy, decidedAt, comment, usedBy, voidBecause } = approval;
  switch (status) {
    case 'EN_ATTENTE':
      return `nobody has decided on it; until ${expiresAt} another person than ${approval.requestedBy} may`;
    case 'REFUSE':
      return `it was rejected by ${decidedBy} at ${decidedAt}: ${comment}`;
    case 'ANNULE':
      return `it is void: ${voidBecause}`;
    case 'UTILISE':
      return usedBy === userOf(intent) ? undefined : `it was used by ${usedBy}, and counts once`;
    case 'APPROUVE':
      return undefined;
  }
}

function differencesOf(approval: Approval, { kind, target, sha256, fingerprint }: Intent): string[] {
  const differing: string[] = [];
  if (kind !== approval.kind)
    differing.push(`this is ${withArticle(kind)}, and it was given for ${withArticle(approval.kind)}`);
  if (target !== approval.target) differing.push(`the target is ${target}, and it was given for ${approval.target}`);
  if (sha256 !== undefined && sha256 !== approval.sha256) {
    differing.push(`the content has the SHA-256 ${sha256}, and it was given for ${approval.sha256}`);
  }
  if (fingerprint !== approval.fingerprint)
    differing.push('the schema of the target is another than when it was asked for');
  return differing;
}

function withArticle(kind: ApprovalKind): string {
  return kind === 'import' ? 'an import' : `a ${kind}`;
}

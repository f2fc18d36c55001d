import { appendEvent, encodingError } from '../audit/append-event.ts';
import { type NewApproval, requestChange } from '../audit/approval-change.ts';
import { type Approval, type ApprovalKind, selectApprovals } from '../audit/approval-row.ts';
import { applyChange } from '../audit/change.ts';
import { type Mirroring, mirrorAfterCommit } from '../audit/mirror-journal.ts';
import { APPROVAL_TABLE } from '../audit/tables.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { findApproval, lockApproval } from './find-approval.ts';
import { isSamePerson } from './same-person.ts';

export interface ApprovalRequest {
  readonly kind: ApprovalKind;
  /** `database.schema.table`, or `host:port/database`. */
  readonly target: string;
  /** Of the file or the dump, lower-case hex. */
  readonly sha256: string;
  /** `schemaFingerprint` of the target's tables. */
  readonly fingerprint: string;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly changes: NewApproval['changes'];
  /** Who asks. */
  readonly user: string;
  /** The execution of a workflow that asks: it has one request, and no other may use what is given to it. */
  readonly execution?: string | undefined;
  /** The token of the state that waits for the answer. A secret. */
  readonly token?: string | undefined;
  /** How long anybody may decide. */
  readonly expiresInMs: number;
}

export interface Requested extends Mirroring {
  readonly approval: Approval;
  /** False where the execution had asked before. */
  readonly created: boolean;
}

/** API reference of Step Functions, SendTaskSuccess. */
const LONGEST_TOKEN = 2_048;

/**
 * Records that somebody asks for approval: a row of T41 and an event DEMANDE, which has all of it but the token.
 * Idempotent per execution: asked again it finds its request, whatever has become of that, and the token of now takes
 * the place of the one before, for a state that is retried waits by a new one.
 *
 * Throws `InvalidInput` for what T41 does not hold as it is, `Conflict` where the execution has asked for something else.
 */
export async function requestApproval(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'now'>,
  request: ApprovalRequest,
): Promise<Requested> {
  const { db, signal } = deps;
  const now = deps.now();
  const { token } = request;
  if (token !== undefined && (token === '' || token.length > LONGEST_TOKEN || token.includes('\0'))) {
    throw new AppError('InvalidInput', 'the token is none that a state of Step Functions waits by');
  }
  signal.throwIfAborted();
  const entered = await db
    .transaction(async (tx) => {
      const asked = (await findAsked(tx, request)) ?? (await enter(tx, request, now));
      // The other call was first, and has committed: the unique execution made us wait for it.
      const standing = asked ?? (await findAsked(tx, request));
      if (!standing) throw new AppError('Conflict', 'the number of the approval is taken: run datasens journal verify');
      await storeToken(tx, standing.approvalId, token);
      if (standing.event) await appendEvent(tx, standing.event);
      return { approvalId: standing.approvalId, created: standing.event !== undefined };
    })
    .catch((error: unknown) => {
      throw encodingError(error);
    });
  const approval = await findApproval(db, entered.approvalId);
  return { approval, created: entered.created, ...(await mirrorAfterCommit(deps)) };
}

interface Standing {
  readonly approvalId: number;
  /** What is still to be journalled. */
  readonly event?: Parameters<typeof appendEvent>[1];
}

/** What the execution has asked before, locked. */
async function findAsked(tx: Queryable, request: ApprovalRequest): Promise<Standing | undefined> {
  if (request.execution === undefined) return undefined;
  const [found] = await selectApprovals(tx, 'where execution = $1', [request.execution]);
  if (!found) return undefined;
  const { approvalId, kind, target, sha256, fingerprint, requestedBy } = await lockApproval(tx, found.approvalId);
  const isSame =
    kind === request.kind &&
    target === request.target &&
    sha256 === request.sha256 &&
    fingerprint === request.fingerprint &&
    isSamePerson(requestedBy, request.user);
  if (isSame) return { approvalId };
  throw new AppError(
    'Conflict',
    `${request.execution} has asked for approval ${approvalId} already, and not for this: ${kind} into ${target}, SHA-256 ${sha256}`,
    { approvalId },
  );
}

/** Undefined where the execution has a request already. */
async function enter(
  tx: Queryable,
  { token: _, expiresInMs, user, execution, ...request }: ApprovalRequest,
  now: Date,
): Promise<Standing | undefined> {
  const { rows } = await tx.query<{ id: number }>(
    `select nextval(pg_get_serial_sequence('${APPROVAL_TABLE}', 'approbation_id')) as id`,
  );
  const approvalId = rows[0]?.id ?? 0;
  const change = requestChange({
    ...request,
    approvalId,
    requestedBy: user,
    requestedAt: now,
    expiresAt: new Date(now.getTime() + expiresInMs),
    execution: execution ?? null,
  });
  if (!(await applyChange(tx, change))) return undefined;
  const { target } = request;
  return {
    approvalId,
    event: { event: 'DEMANDE', user, detail: { approval: approvalId, target, execution }, changes: [change] },
  };
}

/** By itself, and in no change: what the journal is given, everybody may read who may read the bucket. */
async function storeToken(tx: Queryable, approvalId: number, token: string | undefined): Promise<void> {
  if (token === undefined) return;
  await tx.query(`update ${APPROVAL_TABLE} set jeton = $2 where approbation_id = $1`, [approvalId, token]);
}

import { appendEvent } from '../audit/append-event.ts';
import { readFacts } from '../audit/dump-facts.ts';
import { type DumpRow, selectDumps } from '../audit/dump-row.ts';
import { findDump } from '../audit/find-dump.ts';
import { type Mirroring, mirrorAfterCommit } from '../audit/mirror-journal.ts';
import { findPlace } from '../catalog/dump-place.ts';
import type { Deps } from '../deps.ts';
import { AppError, type ErrorName, isAppError } from '../errors.ts';
import { isHeld } from './hold.ts';
import { lockDumpObjects } from './lock-dump-objects.ts';
import { ruleFor, termOf } from './plan.ts';
import type { RetentionPolicy } from './retention-policy.ts';

export interface HoldRequest {
  /** A dump_id, a key or a URI. */
  readonly dump: string;
  readonly policy: RetentionPolicy;
  /** Whether the hold ends now. */
  readonly release: boolean;
  /** When it ends by itself; nothing for when it is released. */
  readonly until?: Date | undefined;
  readonly user: string;
}

export interface HoldResult extends Mirroring {
  readonly dump: DumpRow;
  /** ISO 8601 UTC; 'released' for until it is released, null for no hold. */
  readonly heldUntil: string | null;
  /** False where it was so already: nothing was journalled. */
  readonly changed: boolean;
  /** Whether the store itself keeps its objects, too. */
  readonly locked: boolean;
}

/**
 * Keeps a dump from rotation, or lets it go again: RETENU and LIBERE in the journal, and a lock of the store, where it has
 * one, for a hold without an end; one with an end must go by itself, and is the journal's alone. Idempotent. Throws
 * `NotFound`, `InvalidInput` for what is no standing dump of this storage and for an end that is over, `NotAllowed` for
 * a hold that would outlive the dump's legal term, and what the store throws.
 */
export async function holdDump(deps: Deps, request: HoldRequest): Promise<HoldResult> {
  const found = await findDump(deps.db, request.dump, deps.store.uri);
  const wanted = request.release ? null : (request.until?.toISOString() ?? 'released');
  // The journal's word is the first to come and the last to go: what it says is held is never unheld.
  const before = (await readFacts(deps.db, [found.dumpId]))(found.dumpId);
  if (wanted !== 'released' && before.heldUntil === 'released') await lockInStore(deps, found, false);
  const outcome = await deps.db.transaction(async (tx) => {
    // The lock that a deletion takes: it sees the hold, or the hold sees the deletion.
    const [dump = found] = await selectDumps(tx, 'where dump_id = $1 for update', [found.dumpId]);
    const { heldUntil } = (await readFacts(tx, [dump.dumpId]))(dump.dumpId);
    const now = deps.now();
    const standing = isHeld(heldUntil, now) ? heldUntil : null;
    if (wanted !== null) expectHoldable(dump, request, now);
    if (standing === wanted) return { dump, changed: false };
    const { dumpId } = dump;
    const { user } = request;
    if (wanted === null) await appendEvent(tx, { event: 'LIBERE', dumpId, user });
    else
      await appendEvent(tx, {
        event: 'RETENU',
        dumpId,
        user,
        detail: { until: wanted === 'released' ? null : wanted },
      });
    return { dump, changed: true };
  });
  const locked = wanted === 'released' && (await lockInStore(deps, found, true));
  return { ...outcome, heldUntil: wanted, locked, ...(await mirrorAfterCommit(deps)) };
}

async function lockInStore({ store, signal }: Deps, { dumpId, key }: DumpRow, held: boolean): Promise<boolean> {
  const place = findPlace(key, dumpId);
  if (!place) return false;
  try {
    return await lockDumpObjects(store, place.prefix, held, signal);
  } catch (error) {
    if (!isAppError(error)) throw error;
    const name = error.name as ErrorName;
    throw new AppError(
      name,
      `dump ${dumpId} is held, and keeps its place, but not by a lock of its own: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

function expectHoldable(dump: DumpRow, { policy, until }: HoldRequest, now: Date): void {
  const { dumpId, key, status, createdAt, expiresAt } = dump;
  const place = findPlace(key, dumpId);
  if (status === 'SUPPRIME') throw new AppError('InvalidInput', `dump ${dumpId} was deleted: nothing is left to hold`);
  if (!place || createdAt === null) {
    throw new AppError('InvalidInput', `dump ${dumpId} is none that rotates: there is nothing to hold it from`);
  }
  if (until && until <= now) throw new AppError('InvalidInput', `${until.toISOString()} is over: name a later end`);
  const dates = { createdAt: new Date(createdAt), expiresAt: expiresAt === null ? null : new Date(expiresAt) };
  const term = termOf(dates, ruleFor(policy, place));
  if (!term || (until && until <= term)) return;
  throw new AppError(
    'NotAllowed',
    `dump ${dumpId} must be gone by ${term.toISOString()}, its legal term, and no hold may outlive that: say --until ${term.toISOString().slice(0, 10)}, or an earlier day`,
    { dumpId, term: term.toISOString() },
  );
}

import { findDump } from '../audit/find-dump.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import { recordEvent } from '../audit/record-event.ts';
import { registerOrphan, verifyOrphan } from '../catalog/adopt-manifest.ts';
import { placeOf } from '../catalog/dump-place.ts';
import { manifestKey } from '../catalog/manifest.ts';
import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import type { Backlog } from './backlog.ts';

export interface Adoption {
  /** Dumps that were committed and not journalled, or whose creation is lost: verified, then registered. */
  readonly adopted: number;
  /** Those that cannot be, and why: the first ones. */
  readonly refused: readonly { readonly prefix: string; readonly because: string }[];
  readonly refusedCount: number;
}

const TOLD = 20;

/** Reading one back is mostly waiting for the store: they are read this many at a time, and then mirrored together. */
const PAGE = 20;

/**
 * Registers the dumps that stand in the bucket and have no row; the one that was made first comes first. Idempotent: what
 * was registered and not mirrored, the next command mirrors. Throws only what may pass (`Transient` …).
 */
export async function adoptRest(deps: Deps, backlog: Backlog, user: string): Promise<Adoption> {
  const refused: { prefix: string; because: string }[] = [];
  let adopted = 0;
  let refusedCount = 0;
  for await (const page of backlog.pages('orphan', PAGE)) {
    deps.signal.throwIfAborted();
    // All of them are waited for: nothing goes on behind an error.
    const verified = await Promise.allSettled(page.map(({ text: prefix }) => verifyOrphan(deps, prefix)));
    for (const [index, { text: prefix }] of page.entries()) {
      const result = verified[index];
      try {
        if (result?.status === 'rejected') throw result.reason;
        if (result?.value) await registerOrphan(deps, result.value);
        await archiveAgain(deps, prefix, user);
        adopted += 1;
      } catch (error) {
        if (!isAppError(error) || ['Transient', 'NotAllowed', 'NoSpace', 'ConfigError'].includes(error.name))
          throw error;
        refusedCount += 1;
        if (refused.length < TOLD) refused.push({ prefix, because: error.message });
      }
    }
    const { mirrorError } = await mirrorAfterCommit(deps);
    if (mirrorError) deps.log(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
  }
  return { adopted, refused, refusedCount };
}

/** Its creation was lost, and that it was archived was not. */
async function archiveAgain(deps: Deps, prefix: string, user: string): Promise<void> {
  const dumpId = placeOf(manifestKey(prefix))?.dumpId;
  if (dumpId === undefined) return;
  const { rows } = await deps.db.query(
    `select from t39_dump_evenement where dump_id = $1 and evenement = 'ARCHIVE' limit 1`,
    [dumpId],
  );
  if (rows.length === 0 || (await findDump(deps.db, String(dumpId))).status !== 'ACTIF') return;
  await recordEvent(deps, {
    event: 'REBATI',
    dumpId,
    user,
    changes: [{ table: 't38_dump_audit', op: 'update', row: { dump_id: dumpId, statut: 'ARCHIVE' } }],
  });
}

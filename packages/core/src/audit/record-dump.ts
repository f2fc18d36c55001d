import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { appendEvent, encodingError } from './append-event.ts';
import { canonicalJson } from './canonical-json.ts';
import { applyChange, type Change } from './change.ts';
import type { JsonObject } from './journal-event.ts';
import { type Mirroring, mirrorAfterCommit } from './mirror-journal.ts';
import { insertionOf, type NewDump } from './new-dump.ts';

export interface Recorded extends Mirroring {
  /** False when an earlier call had recorded the same dump. */
  readonly created: boolean;
}

/** How a row of T38 comes to be: a dump that was made, or a file that was imported. */
export type Registration = 'CREE' | 'IMPORTE';

/**
 * Registers a dump: its row in T38 and its event, in one transaction, then the mirror. Idempotent: the same
 * input again finds it done. Once it returns the row is durable; a mirror that failed is told in `mirrorError`, for
 * the next command catches it up.
 *
 * Throws `InvalidInput` for values that a column does not hold as they are, `Conflict` when the dump_id or the key
 * stands for another dump or the same one with other content or `detail`. `before` are changes that were made already.
 */
export async function recordDump(
  deps: Pick<Deps, 'db' | 'store' | 'signal'>,
  dump: NewDump,
  detail: JsonObject,
  event: Registration = 'CREE',
  before: readonly Change[] = [],
): Promise<Recorded> {
  const created = await recordUnmirrored(deps, dump, detail, event, before);
  return { created, ...(await mirrorAfterCommit(deps)) };
}

/** `recordDump` for one who records many, and mirrors after several. Returns whether it was not there before. */
export async function recordUnmirrored(
  { db, signal }: Pick<Deps, 'db' | 'signal'>,
  dump: NewDump,
  detail: JsonObject,
  event: Registration = 'CREE',
  before: readonly Change[] = [],
): Promise<boolean> {
  const changes = [...before, insertionOf(dump)];
  signal.throwIfAborted();
  return await db
    .transaction(async (tx) => {
      if (await registerDump(tx, { dump, detail, event, before })) return true;
      await expectRecorded(tx, dump, { changes, detail, event });
      return false;
    })
    .catch((error: unknown) => {
      throw encodingError(error);
    });
}

/**
 * The row and its event, as the last statements of the caller's transaction; `before` are changes that were made with
 * it. False when the dump_id or the key is taken: nothing was done then.
 */
export async function registerDump(
  tx: Queryable,
  {
    dump,
    detail,
    event,
    before = [],
  }: {
    readonly dump: NewDump;
    readonly detail: JsonObject;
    readonly event: Registration;
    readonly before?: readonly Change[];
  },
): Promise<boolean> {
  const change = insertionOf(dump);
  if (!(await applyChange(tx, change))) return false;
  await appendEvent(tx, { event, dumpId: dump.dumpId, user: dump.user, detail, changes: [...before, change] });
  return true;
}

/** Compares with the event, not with the row: that one may have been archived or given a new term since. */
async function expectRecorded(
  tx: Queryable,
  dump: NewDump,
  {
    changes,
    detail,
    event,
  }: { readonly changes: readonly Change[]; readonly detail: JsonObject; readonly event: Registration },
): Promise<void> {
  const { rows } = await tx.query<{ changes: string; detail: string }>(
    `select changements as changes, detail from t39_dump_evenement where dump_id = $1 and evenement = $2`,
    [dump.dumpId, event],
  );
  const recorded = rows.some((row) => row.changes === canonicalJson(changes) && row.detail === canonicalJson(detail));
  if (recorded) return;
  throw new AppError(
    'Conflict',
    `t38_dump_audit already has a dump ${dump.dumpId} or the key ${dump.key}, with other content`,
    { dumpId: dump.dumpId, key: dump.key },
  );
}

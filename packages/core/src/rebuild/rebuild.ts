import { encodingError } from '../audit/append-event.ts';
import { APPROVAL_EVENTS, APPROVAL_ID } from '../audit/approval-events.ts';
import { putEvent } from '../audit/journal-store.ts';
import { mirrorJournal } from '../audit/mirror-journal.ts';
import { APPROVAL_TABLE, LEDGER_TABLE } from '../audit/tables.ts';
import type { Deps } from '../deps.ts';
import { AppError, isAppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { type Adoption, adoptRest } from './adopt-rest.ts';
import { type Backlog, openBacklog } from './backlog.ts';
import { type DamageReport, damageList } from './damage.ts';
import { isRestored, lockAudit } from './empty-audit.ts';
import { bury, endRebuilding } from './end-rebuilding.ts';
import { parseMark } from './read-marks.ts';
import { restoreJournal } from './restore-journal.ts';
import { measureJournal, type StoredJournal } from './stored-journal.ts';
import { surveyBucket } from './survey-bucket.ts';

export interface RebuildRequest {
  /** Whether it only tells what it would do. */
  readonly dryRun: boolean;
  /** Whether what is sound is restored where something is not. */
  readonly despiteDamage: boolean;
  readonly user: string;
}

export interface RebuildResult extends Adoption, Counts {
  /** `complete`: the audit database has it all already. */
  readonly outcome: 'rebuilt' | 'planned' | 'complete';
  readonly damage: DamageReport;
  /** Events that the journal has lost and tombstones hold. */
  readonly fromTombstones: number;
}

/** Of the backlog, at a time. */
const PAGE = 100;

interface Counts {
  readonly events: number;
  readonly dumps: number;
  readonly imports: number;
  readonly approvals: number;
  /** Rows older than the journal, which no event tells of: they are not restored, and stand in `catalog/`. */
  readonly legacyRows: number;
}

/**
 * Restores T38 to T41 from the bucket alone into an audit database that has nothing but what its migration made: in one
 * transaction, so that whatever ends it before leaves the database empty. Then dumps are registered that stand in the
 * bucket and not in its journal. Run again, it goes on where it was, or finds it done.
 *
 * Throws `NotFound` for a bucket without a journal; `Conflict` for an audit database that is not empty, and, naming the
 * places, for a damaged bucket, unless `despiteDamage`: then what is sound is restored with its own numbers, and a last
 * event REBATI says what is lost.
 */
export async function rebuild(deps: Deps, request: RebuildRequest): Promise<RebuildResult> {
  const journal = await measureJournal(deps);
  if (journal.end === 0) {
    throw new AppError(
      'NotFound',
      `${deps.store.uri} holds no journal: there is nothing to rebuild from. Is DATASENS_STORAGE the right one? Dumps that are there all the same, datasens reconcile registers`,
    );
  }
  return await deps.db.session(async (session) => rebuildFrom(journal, deps, await openBacklog(session), request));
}

async function rebuildFrom(
  journal: StoredJournal,
  deps: Deps,
  backlog: Backlog,
  request: RebuildRequest,
): Promise<RebuildResult> {
  const restored = await deps.db
    .transaction((tx) => restoreAll(tx, deps, { journal, backlog }, request))
    .catch((error: unknown) => {
      throw encodingError(error);
    });
  // An audit that is in use is not kept waiting for the listings.
  if (restored.outcome === 'complete') await surveyBucket(deps.db, deps, backlog);
  if (request.dryRun) return { ...restored, adopted: await backlog.count('orphan'), refused: [], refusedCount: 0 };
  for await (const page of backlog.pages('taken', PAGE)) for (const { text } of page) await putBack(deps, text);
  await mirrorJournal(deps);
  const adoption = await adoptRest(deps, backlog, request.user);
  return { ...restored, ...adoption, ...(await count(deps.db)) };
}

type Restored = Omit<RebuildResult, keyof Adoption>;

async function restoreAll(
  tx: Queryable,
  deps: Deps,
  { journal, backlog }: { readonly journal: StoredJournal; readonly backlog: Backlog },
  { dryRun, despiteDamage, user }: RebuildRequest,
): Promise<Restored> {
  await lockAudit(tx);
  if (await isRestored(tx, deps, journal)) {
    const none = { damage: damageList().report(), fromTombstones: 0 };
    return { outcome: 'complete', ...none, ...(await count(tx)) };
  }
  const damage = await restoreJournal(tx, deps, journal, backlog);
  const highestId = await surveyBucket(tx, deps, backlog);
  for await (const page of backlog.pages('undead', PAGE)) {
    for (const { text: key } of page)
      damage.add({ seq: null, key, because: 'says that a dump was deleted, and the journal does not' });
  }
  const report = damage.report();
  if (report.count > 0 && !despiteDamage && !dryRun) throw damaged(deps.store.uri, report);
  if (report.count > 0) {
    await endRebuilding(tx, deps, journal, damage, user);
    for await (const page of backlog.pages('undead', PAGE)) for (const tomb of page) await bury(tx, deps, tomb, user);
  }
  await passIds(tx, highestId);
  const counts = await count(tx);
  if (dryRun) await tx.query('rollback');
  const fromTombstones = await backlog.count('taken');
  return { outcome: dryRun ? 'planned' : 'rebuilt', damage: report, fromTombstones, ...counts };
}

function damaged(uri: string, { count, places }: DamageReport): AppError {
  const lines = places.map(({ key, because }) => `- ${key} ${because}`);
  if (count > places.length) lines.push(`- and ${count - places.length} more`);
  return new AppError(
    'Conflict',
    `the journal in ${uri} is damaged, and nothing was restored:\n${lines.join('\n')}\n` +
      'Bring the objects back (a versioned bucket has their earlier versions), or restore what is sound: datasens catalog rebuild --despite-damage',
    { count, places },
  );
}

/**
 * No id is given twice, not those of dumps that failed, whose objects may stand in the bucket, nor those that the journal
 * calls legacy; but a key that somebody made up exhausts nothing. Nobody draws one meanwhile who could register it: the tables are locked.
 */
async function passIds(tx: Queryable, highestId: number): Promise<void> {
  const pass = (table: string, id: string, highest: string, params: readonly unknown[]) =>
    tx.query(
      `select setval(seqrelid::regclass, highest) from pg_sequence, lateral (select ${highest} as highest) as given
        where seqrelid = pg_get_serial_sequence('${table}', '${id}')::regclass
          and highest > coalesce(pg_sequence_last_value(seqrelid), 0)`,
      params,
    );
  await pass(
    't38_dump_audit',
    'dump_id',
    `greatest(case when $1::bigint < seqmax then $1::bigint end, (select max(dump_id) from t38_dump_audit), (select max(dump_id) from t39_dump_evenement),
       (select (detail::json ->> 'legacyMaxDumpId')::bigint from t39_dump_evenement where seq = 1))`,
    [highestId],
  );
  await pass(LEDGER_TABLE, 'import_id', `(select max(import_id) from ${LEDGER_TABLE})`, []);
  await pass(
    APPROVAL_TABLE,
    'approbation_id',
    `greatest((select max(approbation_id) from ${APPROVAL_TABLE}),
       (select max(${APPROVAL_ID}) from t39_dump_evenement where ${APPROVAL_EVENTS}))`,
    [],
  );
}

/** What the tombstone had kept stands in the journal again; where another object lies, `journal verify` tells. */
async function putBack({ store, signal }: Deps, text: string): Promise<void> {
  const event = parseMark(text);
  if (!event) return;
  await putEvent(store, event, signal).catch((error: unknown) => {
    if (!isAppError(error, 'Conflict')) throw error;
  });
}

async function count(db: Queryable): Promise<Counts> {
  const { rows } = await db.query<Counts>(
    `select (select count(*) from t39_dump_evenement) as events, (select count(*) from t38_dump_audit) as dumps,
            (select count(*) from ${LEDGER_TABLE}) as imports,
            (select count(*) from ${APPROVAL_TABLE}) as approvals,
            coalesce((select (detail::json ->> 'legacyRows')::bigint from t39_dump_evenement where seq = 1), 0) as "legacyRows"`,
  );
  const [counts = { events: 0, dumps: 0, imports: 0, approvals: 0, legacyRows: 0 }] = rows;
  return counts;
}

import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Change } from './change.ts';
import type { ProblemList } from './problems.ts';
import { changesOf, differencesOf, parseText, type Values } from './row-history.ts';

const PAGE = 500;
const COLUMNS =
  'dump_id, type, chemin, taille_mb, date_creation, utilisateur, commentaire, checksum_sha256, statut, date_expiration, minio_uri, table_cible';

/** Compares each row of T38 with what the journal's changes make of it. Legacy rows have no event and need none. */
export async function checkRows({ db, signal }: Pick<Deps, 'db' | 'signal'>, problems: ProblemList): Promise<void> {
  const legacy = await readLegacy(db);
  let unrecorded = 0;
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    signal.throwIfAborted();
    const rows = await readRows(db, after);
    for (const { seq, changes, ...row } of rows) {
      const history = changesOf(changes, 't38_dump_audit');
      if (history.some(({ op }) => op === 'insert')) reportDifferences(row, seq, history, problems);
      else if (Number(row.dump_id) > legacy.maxDumpId) reportInserted(row, problems);
      else {
        unrecorded += 1;
        reportDifferences(row, seq, history, problems);
      }
      after = Number(row.dump_id);
    }
    if (rows.length < PAGE) break;
  }
  if (unrecorded > legacy.rows) {
    const message = `${unrecorded} rows of t38_dump_audit up to dump ${legacy.maxDumpId} have no event, and ${legacy.rows} did when the journal began`;
    problems.add({ seq: null, kind: 'inserted', where: 'database', message });
  }
  await reportRemoved(db, problems);
}

/** What the journal's first event says of the rows before it. */
async function readLegacy(db: Queryable): Promise<{ maxDumpId: number; rows: number }> {
  const { rows } = await db.query<{ detail: string }>('select detail from t39_dump_evenement where seq = 1');
  const detail = parseText(rows[0]?.detail ?? '{}') as { legacyMaxDumpId?: unknown; legacyRows?: unknown } | undefined;
  return { maxDumpId: Number(detail?.legacyMaxDumpId ?? 0), rows: Number(detail?.legacyRows ?? 0) };
}

interface AuditedRow extends Values {
  /** The last event that changed the row. */
  seq: number | null;
  /** The changes of its events, in order, as they are stored. */
  changes: string[];
}

/** A row and its events in one statement, so in one snapshot: a change that commits meanwhile is in both or neither. */
async function readRows(db: Queryable, after: number): Promise<AuditedRow[]> {
  const history = `from t39_dump_evenement e where e.dump_id = t.dump_id and e.changements <> '[]'`;
  const { rows } = await db.query<AuditedRow>(
    `select ${COLUMNS}, (select max(e.seq) ${history}) as seq,
            array(select e.changements ${history} order by e.seq) as changes
     from t38_dump_audit t where dump_id > $1::bigint order by dump_id limit ${PAGE}`,
    [after],
  );
  return rows;
}

function reportDifferences(row: Values, seq: number | null, history: readonly Change[], problems: ProblemList): void {
  const differences = differencesOf(row, history);
  if (differences === undefined) return;
  const message = `dump ${row.dump_id} in t38_dump_audit: ${differences}`;
  problems.add({ seq, kind: 'changed', where: 'database', message });
}

function reportInserted(row: Values, problems: ProblemList): void {
  const message = `dump ${row.dump_id} in t38_dump_audit was registered without an event`;
  problems.add({ seq: null, kind: 'inserted', where: 'database', message });
}

async function reportRemoved(db: Queryable, problems: ProblemList): Promise<void> {
  // In canonical JSON a quote inside a string has a backslash, so that only a change of T38 has this text.
  const { rows } = await db.query<{ seq: number; dumpId: number }>(
    `select seq, dump_id as "dumpId" from t39_dump_evenement e
     where changements like '%{"op":"insert",%"table":"t38_dump_audit"%'
       and not exists (select from t38_dump_audit t where t.dump_id = e.dump_id)
     order by seq limit 1000`,
  );
  for (const { seq, dumpId } of rows) {
    const message = `dump ${dumpId} has no row in t38_dump_audit`;
    problems.add({ seq, kind: 'removed', where: 'database', message });
  }
}

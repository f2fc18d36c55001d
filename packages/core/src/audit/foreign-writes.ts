import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withFamily } from '../postgres/table-family.ts';
import { type GuardedStep, listLaterSteps } from './guarded-step.ts';
import { findLedger } from './last-imports.ts';

/**
 * What was written by governance to the tables of a step since it began, a line each: imports by the target's ledger,
 * whoever's audit they belong to, and by our journal other steps, and restores but those that undo this one. `session` is
 * on the target.
 * Call it under the lock `target` for an answer that stays true.
 */
export async function listForeignWrites(db: Queryable, session: Queryable, step: GuardedStep): Promise<string[]> {
  const tables = [...(await withFamily(session, step.tables)), ...step.family];
  return [
    ...(await importsSince(session, step, tables)),
    ...(await restoresSince(db, step, tables)),
    ...(await stepsSince(db, step, tables)),
  ];
}

const MOST_NAMED = 5;

async function importsSince(
  session: Queryable,
  { lastImport }: GuardedStep,
  tables: readonly RelationName[],
): Promise<string[]> {
  const latest = await readLastImport(session);
  if (latest === null || lastImport === null) return ['which imports there were since is not this role’s to know'];
  if (latest <= lastImport) return [];
  const ledger = await findLedger(session);
  if (!ledger) return [];
  const { rows } = await session.query<{ importId: number; table: string; user: string }>(
    `select import_id as "importId", pg_catalog.format('%I.%I', schema_cible, table_cible) as "table",
            utilisateur as "user"
       from ${quoteQualified(ledger.schema, ledger.name)}
      where import_id > $1 and exists (select from unnest($2::text[], $3::text[]) as t(schema, name)
                                        where t.schema = schema_cible and t.name = table_cible)
      order by import_id limit ${MOST_NAMED}`,
    [lastImport, tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
  return rows.map(
    ({ importId, table, user }) => `import ${importId} of ${user} has written to ${table} since it began`,
  );
}

/** The number of the latest import that the ledger has; 0 for none or no ledger, null where the role may not read it. */
export async function readLastImport(session: Queryable): Promise<number | null> {
  const ledger = await findLedger(session);
  if (!ledger) return 0;
  const name = quoteQualified(ledger.schema, ledger.name);
  const { rows: rights } = await session.query<{ allowed: boolean }>(
    `select pg_catalog.has_table_privilege($1::text, 'select') as allowed`,
    [name],
  );
  if (!rights[0]?.allowed) return null;
  const { rows } = await session.query<{ last: number }>(`select coalesce(max(import_id), 0) as last from ${name}`);
  return rows[0]?.last ?? 0;
}

interface RestoreTold {
  readonly into?: string;
  readonly phase?: string;
  readonly tables?: readonly string[];
  readonly tableCount?: number;
  readonly intoSchema?: string;
  readonly lease?: number;
}

async function restoresSince(
  db: Queryable,
  { lease, target }: GuardedStep,
  tables: readonly RelationName[],
): Promise<string[]> {
  const { rows } = await db.query<{ dumpId: number; detail: string }>(
    `select dump_id as "dumpId", detail from t39_dump_evenement where seq > $1 and evenement = 'RESTAURE' order by seq`,
    [lease],
  );
  const names = new Set(tables.map(({ schema, name }) => `${schema}.${name}`));
  const isForeign = (told: RestoreTold) =>
    told.into === target && told.phase !== 'started' && told.lease !== lease && writesTo(told, names);
  return rows
    .filter(({ detail }) => isForeign(JSON.parse(detail) as RestoreTold))
    .slice(0, MOST_NAMED)
    .map(({ dumpId }) => `dump ${dumpId} was restored over them since it began`);
}

/** Of a restore that names no tables, or not all of them, it is to be expected. */
function writesTo({ tables, tableCount = 0, intoSchema }: RestoreTold, names: ReadonlySet<string>): boolean {
  if (intoSchema !== undefined) return false;
  return tables === undefined || tableCount > tables.length || tables.some((table) => names.has(table));
}

async function stepsSince(
  db: Queryable,
  { lease, target }: GuardedStep,
  tables: readonly RelationName[],
): Promise<string[]> {
  const names = new Set(tables.map(({ schema, name }) => quoteQualified(schema, name)));
  const later = await listLaterSteps(db, lease);
  return later
    .filter((step) => step.target === target && step.ended?.outcome !== 'not run')
    .filter((step) => step.tables.some(({ schema, name }) => names.has(quoteQualified(schema, name))))
    .slice(0, MOST_NAMED)
    .map(({ step, execution }) => `the step ${step} of ${execution} has had them since it began`);
}

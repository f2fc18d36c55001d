import { DEFAULT_PROTECTED, protectedAmong } from '../approval/protected-tables.ts';
import type { ApprovalRequest } from '../approval/request-approval.ts';
import { MOST_LINES } from '../audit/approval-changes.ts';
import { readProof } from '../catalog/read-proof.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Proof } from '../postgres/proof.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { sqlState } from '../postgres/server-error.ts';
import { openSession } from '../postgres/session.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withSettings } from '../postgres/with-settings.ts';
import { sourceTarget } from '../source-target.ts';
import { bindApproval } from './approval-binding.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/** What is to be asked of another person before a restore, as `requestApproval` takes it. */
export type WantedApproval = Pick<
  ApprovalRequest,
  'kind' | 'target' | 'sha256' | 'fingerprint' | 'rows' | 'columns' | 'changes'
>;

/** For a count that nobody needs to the row. */
const COUNT_TIMEOUT_MS = 10_000;

/**
 * The approval that a restore needs which was planned; null where it writes to nothing that is protected. Touches nothing.
 * Throws `Transient` where somebody keeps one of the tables locked, and what `openSession` and `readProof` throw.
 */
export async function wantApproval(deps: RestoreDeps, plan: RestorePlan): Promise<WantedApproval | null> {
  if (plan.mode === 'create') return null;
  const target = sourceTarget(deps, plan.into);
  const settings = { lock_timeout: String(plan.lockTimeoutMs) };
  await using session = await openSession(target, {
    applicationName: 'datasens preflight',
    settings,
    signal: deps.signal,
  });
  const binding = await bindApproval(deps, session, plan, target);
  if (!binding) return null;
  const { kind, sha256, fingerprint, tables, target: targetName } = binding;
  const there = await listThere(session, plan.relations);
  const schema = schemaLines(deps, plan, { tables, there });
  const proof = await readProof(deps, plan);
  const restored = proof.tables.filter(({ name }) => plan.tables?.proven.includes(name) ?? true);
  const rows = rowsOf(restored);
  return {
    kind,
    target: targetName,
    sha256,
    fingerprint,
    rows,
    columns: restored.length === 1 ? (restored[0]?.columns?.length ?? null) : null,
    changes: {
      doing: doingOf(plan),
      schema: schema.slice(0, MOST_LINES),
      schemaCount: schema.length,
      rowsBefore: await countRows(session, there),
      rowsAfter: rows,
    },
  };
}

function doingOf({ dumpId, mode, clean }: RestorePlan): string {
  const where =
    mode === 'fill' ? 'into an empty database' : clean ? 'in place of what is there' : 'beside what is there';
  return `restore of dump ${dumpId} ${where}`;
}

interface Tables {
  readonly tables: readonly RelationName[];
  readonly there: readonly RelationName[];
}

/** What is protected first: that is what the decision is about. */
function schemaLines(
  { protectedTables = DEFAULT_PROTECTED }: Pick<RestoreDeps, 'protectedTables'>,
  { relations }: RestorePlan,
  { tables, there }: Tables,
): string[] {
  const nameOf = ({ schema, name }: RelationName) => quoteQualified(schema, name);
  const standing = new Set(there.map(nameOf));
  const written = new Set(relations.map(nameOf));
  const guarded = new Set(protectedAmong(protectedTables, tables).map(nameOf));
  const lineOf = (name: string) => `${name} is ${standing.has(name) ? 'replaced' : 'made'}`;
  return [
    ...[...guarded].map((name) => (written.has(name) ? lineOf(name) : `${name} is of the family of what is restored`)),
    ...[...written].filter((name) => !guarded.has(name)).map(lineOf),
  ];
}

function rowsOf(tables: Proof['tables']): number | null {
  let sum = 0;
  for (const { rows } of tables) {
    if (rows === undefined) return null;
    sum += rows;
  }
  return sum;
}

interface There extends RelationName {
  readonly kind: string;
}

async function listThere(session: Queryable, relations: readonly RelationName[]): Promise<There[]> {
  const { rows } = await session.query<There>(
    `select n.nspname::text as schema, c.relname::text as name, c.relkind as kind
       from (select distinct schema, name from unnest($1::text[], $2::text[]) as t(schema, name)) as given
       join pg_catalog.pg_namespace n on n.nspname = given.schema
       join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = given.name
      order by 1, 2`,
    [relations.map(({ schema }) => schema), relations.map(({ name }) => name)],
  );
  return rows;
}

/** Null where that would take long, or is not this role's to know. */
async function countRows(session: Queryable, there: readonly There[]): Promise<number | null> {
  const tables = there.filter(({ kind }) => kind === 'r');
  const until = performance.now() + COUNT_TIMEOUT_MS;
  let sum = 0;
  for (const { schema, name } of tables) {
    const leftMs = Math.ceil(until - performance.now());
    if (leftMs <= 0) return null;
    try {
      sum += await withSettings(session, { statement_timeout: String(leftMs) }, async () => {
        const { rows } = await session.query<{ count: number }>(
          `select count(*)::int8 as count from only ${quoteQualified(schema, name)}`,
        );
        return rows[0]?.count ?? 0;
      });
    } catch (error) {
      if (/^(57014|42501)$/.test(sqlState(error) ?? '')) return null;
      throw error;
    }
  }
  return sum;
}

import type { ApprovalRequest } from '../approval/request-approval.ts';
import { MOST_LINES } from '../audit/approval-changes.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { findLoadTable, type LoadTable } from '../postgres/load-table.ts';
import { quoteIdentifier, quoteQualified } from '../postgres/quote.ts';
import { sqlState } from '../postgres/server-error.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withSettings } from '../postgres/with-settings.ts';
import { bindApproval } from './approval-binding.ts';
import type { ImportRequest } from './import-request.ts';
import type { Inspection } from './inspection.ts';
import { planColumns } from './plan-import.ts';
import { patienceOf } from './take-table.ts';

/** What is to be asked of another person before an import, as `requestApproval` takes it. */
export type WantedApproval = Pick<
  ApprovalRequest,
  'kind' | 'target' | 'sha256' | 'fingerprint' | 'rows' | 'columns' | 'changes'
>;

/** For a count that nobody needs to the row. */
const COUNT_TIMEOUT_MS = 10_000;

interface Wanting {
  readonly request: Omit<ImportRequest, 'since'>;
  readonly inspection: Inspection;
  readonly place: RelationName;
  readonly sha256: string;
}

/**
 * The approval that an import of what was inspected needs; null where its table is not protected. Throws `InvalidInput`
 * where the file does not fit the table: nobody is asked for what cannot be done.
 */
export async function wantApproval(
  deps: Pick<Deps, 'protectedTables'>,
  session: Queryable,
  { request, inspection, place, sha256 }: Wanting,
): Promise<WantedApproval | null> {
  const binding = await bindApproval(deps, session, { place, patienceMs: patienceOf(request) });
  if (!binding) return null;
  const { kind, target, fingerprint } = binding;
  const table = await findLoadTable(session, place);
  const schema = schemaLines(request, inspection, place, table);
  const rows = rowsOf(inspection);
  const rowsBefore = table ? await countRows(session, place) : 0;
  return {
    kind,
    target,
    sha256,
    fingerprint,
    rows,
    columns: inspection.columns.length,
    changes: {
      doing: doingOf(request),
      schema: schema.slice(0, MOST_LINES),
      schemaCount: schema.length,
      rowsBefore,
      rowsAfter: rowsAfter(request.ifExists, rows, rowsBefore),
    },
  };
}

function doingOf({ ifExists, key = [] }: Pick<ImportRequest, 'ifExists' | 'key'>): string {
  return ifExists === 'upsert' ? `upsert by ${key.join(', ')}`.slice(0, 100) : ifExists;
}

function schemaLines(
  { evolve = false, types = 'infer' }: Pick<ImportRequest, 'evolve' | 'types'>,
  { reading }: Inspection,
  { schema, name }: RelationName,
  table: LoadTable | undefined,
): string[] {
  const display = quoteQualified(schema, name);
  const planned = planColumns(reading, table, { evolve, types, display });
  const added = planned
    .filter((column) => column.added)
    .map((column) => `column ${quoteIdentifier(column.name)} ${column.sqlType} is added`);
  return table ? added : [`${display} is made`, ...added];
}

/** Of the file, as far as a look at it tells. */
function rowsOf({ complete, records, dialect }: Inspection): number | null {
  if (complete) return records.length;
  return 'rows' in dialect && typeof dialect.rows === 'number' ? dialect.rows : null;
}

function rowsAfter(mode: ImportRequest['ifExists'], rows: number | null, before: number | null): number | null {
  if (rows === null || mode === 'upsert') return null;
  if (mode === 'replace') return rows;
  return before === null ? null : before + rows;
}

/** Null where that would take long, or is not this role's to know. */
async function countRows(session: Queryable, { schema, name }: RelationName): Promise<number | null> {
  try {
    return await withSettings(session, { statement_timeout: String(COUNT_TIMEOUT_MS) }, async () => {
      const { rows } = await session.query<{ count: number }>(
        `select count(*)::int8 as count from ${quoteQualified(schema, name)}`,
      );
      return rows[0]?.count ?? null;
    });
  } catch (error) {
    if (/^(57014|42501)$/.test(sqlState(error) ?? '')) return null;
    throw error;
  }
}

import type * as z from 'zod';
import { reserveDumpId } from '../audit/reserve-dump-id.ts';
import { dumpPrefix } from '../catalog/dump-place.ts';
import { hasSensitiveRows } from '../catalog/sensitive-tables.ts';
import { expectRecipients } from '../crypto/encryption.ts';
import { AppError } from '../errors.ts';
import { findClientTools } from '../postgres/client-tools.ts';
import { resolveScope } from '../postgres/dump-scope.ts';
import { resolveTables, withDescendants } from '../postgres/select-tables.ts';
import { openSession, type Session } from '../postgres/session.ts';
import { describeSource, listDependents, listFilteredTables } from '../postgres/source-checks.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { sourceTarget } from '../source-target.ts';
import type { DumpDeps } from './dump-deps.ts';
import { type DumpPlan, DumpRequest, expiryOf } from './dump-plan.ts';
import { NEVER_DUMPED } from './never-dumped.ts';

/** Server majors whose catalogs and tools this version knows. */
const OLDEST_MAJOR = 14;

/**
 * Preflight: everything that can be refused before anything is written. Reserves the dump's id last, so that what is
 * refused uses none. Throws `InvalidInput` or `NotFound` (source, tables), `InvalidInput` for a term that is
 * over, `ConfigError` (client tools, keys), `NotAllowed` (row-level security), `Conflict` (user objects that depend on audit
 * tables), `Transient` (unreachable).
 */
export async function planDump(deps: DumpDeps, input: DumpRequest): Promise<DumpPlan> {
  const request = DumpRequest.parse(input);
  const target = sourceTarget(deps, request.source);
  await using session = await openSession(target, { applicationName: 'datasens preflight', signal: deps.signal });
  const info = await describeSource(session);
  if (info.serverMajor < OLDEST_MAJOR) {
    throw new AppError(
      'ConfigError',
      `source ${request.source} is PostgreSQL ${info.serverMajor}; the oldest that can be dumped is ${OLDEST_MAJOR}`,
    );
  }
  await findClientTools(info.serverMajor, deps.toolSearch);
  const { selection, dumped } = await checkTables(session, request);
  const scope = { sensitive: request.sensitive, source: request.source, tables: dumped };
  const sensitive = await hasSensitiveRows(deps.encryption, scope, session);
  if (sensitive) expectRecipients(deps.encryption);

  // The source's clock plays no part: order and expiry follow this machine's, which also names the prefix.
  const createdAt = deps.now();
  const expiresAt = expiryOf(request, createdAt);
  if (expiresAt && expiresAt <= createdAt) {
    const term = expiresAt.toISOString();
    throw new AppError(
      'InvalidInput',
      `a dump that must be gone by ${term} is not made: it is ${createdAt.toISOString()}`,
    );
  }
  const dumpId = await reserveDumpId(deps.db);
  const { source, purpose } = request;
  return {
    dumpId,
    prefix: dumpPrefix({ dumpId, source, purpose, selection }, createdAt),
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    source,
    purpose,
    selection,
    format: request.format,
    proof: request.proof,
    comment: request.comment ?? null,
    personal: request.personal,
    sensitive,
    user: request.user,
    serverMajor: info.serverMajor,
    sourceBytes: info.sizeBytes,
  };
}

/** The tables asked for, null for all of them, and those that are dumped, partitions among them. */
async function checkTables(
  session: Session,
  request: z.output<typeof DumpRequest>,
): Promise<{ selection: DumpPlan['selection']; dumped: readonly RelationName[] }> {
  const { tables, excluded } = await resolveScope(session, { leaveOut: NEVER_DUMPED, selection: null });
  const roots = request.tables.length > 0 ? await resolveTables(session, tables, request.tables) : null;

  const dependents = await listDependents(session, excluded);
  // A selection carries no views, but its schema, staged beside it, does.
  if (dependents.length > 0) {
    throw new AppError(
      'Conflict',
      `these objects depend on the audit tables, which are never dumped, and could not be restored: ` +
        `${dependents.join('; ')}. Drop them, or keep the audit in a database of its own (AUDIT_DATABASE_URL)`,
      { dependents },
    );
  }
  const dumped = roots ? await withDescendants(session, tables, roots) : tables;
  const filtered = await listFilteredTables(session, dumped);
  if (filtered.length > 0) {
    throw new AppError(
      'NotAllowed',
      `row-level security would hide rows of ${filtered.join(', ')} from this role. ` +
        `Dump as the tables' owner without FORCE ROW LEVEL SECURITY, or as a role with BYPASSRLS`,
      { tables: filtered },
    );
  }
  return { selection: roots?.map(({ schema, name, display }) => ({ schema, name, display })) ?? null, dumped };
}

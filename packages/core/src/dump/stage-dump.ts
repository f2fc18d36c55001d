import { randomBytes } from 'node:crypto';
import { listLastImports } from '../audit/last-imports.ts';
import { findManifest } from '../catalog/find-manifest.ts';
import { AGE_FORMAT, type Manifest } from '../catalog/manifest.ts';
import { formatProof } from '../catalog/read-proof.ts';
import { hasSensitiveRows } from '../catalog/sensitive-tables.ts';
import { expectRecipients } from '../crypto/encryption.ts';
import { AppError, isAppError } from '../errors.ts';
import { type ClientTools, findClientTools } from '../postgres/client-tools.ts';
import { describeLocale } from '../postgres/database-locale.ts';
import { resolveScope } from '../postgres/dump-scope.ts';
import { listDumpedRoles } from '../postgres/dumped-roles.ts';
import { listSequences, type Proof, takeProof } from '../postgres/proof.ts';
import { openSnapshot, type SourceSnapshot } from '../postgres/snapshot.ts';
import { describeSource, sizeOf } from '../postgres/source-checks.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import { type ArtefactWriter, artefactWriter } from './artefact-writer.ts';
import type { DumpDeps } from './dump-deps.ts';
import { type DumpSource, dumpData, dumpGlobals, dumpSchema } from './dump-objects.ts';
import type { DumpPlan } from './dump-plan.ts';
import { NEVER_DUMPED } from './never-dumped.ts';
import type { StagedDump } from './staged-dump.ts';

/** How often a dump gives way to somebody who waits for its locks before it gives up. */
const LOCK_ATTEMPTS = 5;

/**
 * Writes the bytes of a planned dump under its prefix: data, proof, and where they apply schema and globals, the first
 * three from one snapshot. Each call is an attempt with keys of its own, so two at once do not meet; a dump that is
 * committed already is returned as it stands. What a failed attempt stored is removed again; what a killed one stored
 * is not a dump, for nothing refers to it. Throws `ToolFailed`, `Transient`, `NoSpace`, `NotAllowed`, `CorruptDump`.
 */
export async function stageDump(deps: DumpDeps, plan: DumpPlan): Promise<StagedDump> {
  const committed = await findManifest(deps.store, plan.prefix, deps.signal);
  if (committed) return { prefix: plan.prefix, manifest: committed.manifest, etags: {}, warnings: [] };

  const target = sourceTarget(deps, plan.source);
  const tools = await findClientTools(plan.serverMajor, deps.toolSearch);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptDump(deps, plan, target, tools);
    } catch (error) {
      if (!isAppError(error, 'Transient') || error.details.gaveWay !== true || attempt === LOCK_ATTEMPTS) throw error;
      deps.log('gave way to a session that waits for the tables; starting over', { attempt });
    }
  }
}

async function attemptDump(
  deps: DumpDeps,
  plan: DumpPlan,
  target: DatabaseTarget,
  tools: ClientTools,
): Promise<StagedDump> {
  const attempt = randomBytes(4).toString('hex');
  // One failure ends the rest of the attempt at once: no pg_dump goes on beside a proof that is lost.
  const failure = new AbortController();
  const signal = AbortSignal.any([deps.signal, failure.signal]);
  const applicationName = `datasens dump ${plan.dumpId}`;
  let writer: ArtefactWriter | undefined;
  try {
    await using snapshot = await openSnapshot(target, {
      applicationName,
      resolveScope: (db) => resolveScope(db, { leaveOut: NEVER_DUMPED, selection: plan.selection }),
      signal,
    });
    // Once more: a table that a rule is about may have been made since the dump was planned.
    const scope = { sensitive: plan.sensitive, source: plan.source, tables: snapshot.scope.tables };
    const sensitive = await hasSensitiveRows(deps.encryption, scope, snapshot.session);
    const recipients = sensitive ? expectRecipients(deps.encryption) : undefined;
    writer = artefactWriter({ store: deps.store, prefix: plan.prefix, attempt, recipients, signal });
    const source: DumpSource = { target, tools, snapshot, applicationName, signal };
    return await storeObjects(deps, plan, source, writer, failure);
  } catch (error) {
    await writer?.discard();
    throw error;
  }
}

async function storeObjects(
  deps: DumpDeps,
  plan: DumpPlan,
  source: DumpSource,
  writer: ArtefactWriter,
  failure: AbortController,
): Promise<StagedDump> {
  const { snapshot, tools } = source;
  const { tables } = snapshot.scope;
  const whole = plan.selection === null;
  const info = await describeSource(snapshot.session);
  // Read before pg_dump reads them: a sequence moves on outside of any snapshot, and these are lower bounds.
  const sequences = await listSequences(snapshot.session, tables, whole);
  // In the snapshot: the imports whose rows pg_dump reads, and no others.
  const imports = await listLastImports(snapshot.session);

  const [{ data, warnings }, proof] = await together(failure, [
    dumpData(deps, plan, source, writer).catch((error) => giveWay(error, snapshot)),
    takeProof(snapshot.session, sequences, { level: plan.proof, tables, whole }),
  ]);
  const schema = whole ? undefined : await dumpSchema(source, writer).catch((error) => giveWay(error, snapshot));
  const globals = await dumpGlobals(source, writer);
  const proofObject = await writer.write('proof', 'json', [
    formatProof(proof, { secret: writer.recipients !== undefined }),
  ]);

  const manifest: Manifest = {
    format: 1,
    dumpId: plan.dumpId,
    type: 'SQL',
    source: plan.source,
    purpose: plan.purpose,
    selection: plan.selection?.map((table) => table.display) ?? null,
    createdAt: plan.createdAt,
    user: plan.user,
    comment: plan.comment,
    expiresAt: plan.expiresAt,
    personal: plan.personal,
    database: {
      name: info.database,
      encoding: info.encoding,
      serverVersion: info.serverVersion,
      sizeBytes: whole ? plan.sourceBytes : await sizeOf(snapshot.session, tables),
      locale: await describeLocale(snapshot.session),
    },
    roles: await listDumpedRoles(snapshot.session, snapshot.scope, whole),
    dumpFormat: plan.format,
    toolVersion: tools.version,
    proofLevel: plan.proof,
    tables: proof.tables.length,
    rows: countRows(proof),
    ...(imports === undefined ? {} : { imports }),
    ...(writer.recipients ? { encryption: { format: AGE_FORMAT, recipients: [...writer.recipients] } } : {}),
    objects: {
      data,
      proof: proofObject,
      ...(schema ? { schema } : {}),
      ...('object' in globals ? { globals: globals.object } : {}),
    },
  };
  return {
    prefix: plan.prefix,
    manifest,
    etags: writer.etags,
    warnings: [...warnings, ...('warning' in globals ? [globals.warning] : [])],
  };
}

function countRows({ level, tables }: Proof): number | null {
  return level === 'none' ? null : tables.reduce((sum, { rows = 0 }) => sum + rows, 0);
}

/** Awaits both; the first failure aborts `failure`, and is thrown once the other has come to its end. */
async function together<A, B>(failure: AbortController, work: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  try {
    return await Promise.all(work);
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(work);
    throw error;
  }
}

/** A tool that failed while somebody waits for our locks has most likely waited behind them, in vain. */
async function giveWay(error: unknown, snapshot: SourceSnapshot): Promise<never> {
  if (isAppError(error, 'ToolFailed') && (await snapshot.hasWaiters())) {
    throw new AppError(
      'Transient',
      `another session waits for an exclusive lock on a table of the dump: ${error.message}`,
      {
        cause: error,
        gaveWay: true,
      },
    );
  }
  throw error;
}

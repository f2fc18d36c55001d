import { findDump } from '../audit/find-dump.ts';
import { AUDIT_TABLES, MIGRATION_TABLE } from '../audit/tables.ts';
import { type OpenedDump, openDump } from '../catalog/open-dump.ts';
import { identitiesFor, readPlain } from '../catalog/read-plain.ts';
import { readProof } from '../catalog/read-proof.ts';
import { pinVersions, verifyObjects } from '../catalog/verify-objects.ts';
import { AppError } from '../errors.ts';
import { type ClientTools, findClientTools, supportsRestrict } from '../postgres/client-tools.ts';
import { describeRestoreTarget, openMaintenance, type RestoreTarget } from '../postgres/restore-target.ts';
import { openSession } from '../postgres/session.ts';
import { findRelationSet } from '../postgres/source-checks.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import { checkArchive } from './check-archive.ts';
import { checkScript } from './check-script.ts';
import { checkTerm } from './check-term.ts';
import type { RestoreDeps } from './restore-deps.ts';
import { type RestorePlan, RestoreRequest } from './restore-plan.ts';
import { writtenRelations } from './written-relations.ts';

type Request = ReturnType<typeof RestoreRequest.parse>;

/**
 * Everything that can be refused before anything is touched: the dump's record, term and bytes; the target's version,
 * contents, roles, locks and space. Throws `NotFound`, `InvalidInput`, `NotAllowed` (expired; a role that is to run no
 * script; encrypted to other keys), `CorruptDump`, `Conflict` (the target is not empty), `ConfigError` (client tools,
 * roles, locks, no key), `NoSpace`.
 */
export async function planRestore(deps: RestoreDeps, input: RestoreRequest): Promise<RestorePlan> {
  const request = RestoreRequest.parse(input);
  const dump = await findDump(deps.db, request.dump, deps.store.uri);
  const opened = await openDump(deps, dump);
  checkTerm(deps, dump, opened);
  const { manifest } = opened;
  await identitiesFor(deps, manifest);
  const into = request.into ?? manifest.source;
  const target = sourceTarget(deps, into);
  checkRequest(request, opened);

  const state = await describeRestoreTarget(
    target,
    (db) => findRelationSet(db, AUDIT_TABLES, MIGRATION_TABLE),
    deps.signal,
  );
  const mode = modeOf(request, target, state);
  if (request.intoSchema !== undefined && state.schemas.includes(request.intoSchema)) {
    throw new AppError(
      'Conflict',
      `${describeTarget(target)} has a schema ${request.intoSchema} already: name another`,
    );
  }
  checkVersions(opened, target, state);
  const tools = await findClientTools(state.serverMajor, deps.toolSearch);
  checkScripting(opened, mode, tools, target, state);
  await checkRoles(deps, request, opened, target, state);
  const warnings = checkSpace(request, opened, target, state);

  const etags = await readBack(deps, opened);
  const proof = await readProof(deps, opened);
  if (request.prove && proof.level === 'none') {
    throw new AppError(
      'InvalidInput',
      `dump ${manifest.dumpId} was made without a proof: there is nothing to compare with`,
    );
  }
  const data = readPlain(deps, opened, manifest.objects.data, { etag: etags[manifest.objects.data.key] ?? '' });
  const { tables, policies, intoSchema = null } = request;
  const partial = manifest.selection !== null;
  const archive =
    manifest.dumpFormat === 'custom'
      ? await checkArchive({
          data,
          tools,
          tables,
          policies,
          intoSchema,
          partial,
          mode,
          proof,
          target,
          state,
          signal: deps.signal,
        })
      : await checkScript({ data, manifest, mode });
  if (archive) warnings.push(...archive.warnings);
  const fromSchema = archive?.fromSchema ?? null;
  if (mode === 'in-place' && !request.clean && intoSchema === null) {
    checkAbsent(opened, archive?.tables?.proven ?? proof.tables.map(({ name }) => name), target, state);
  }
  return {
    dumpId: manifest.dumpId,
    prefix: opened.prefix,
    manifest,
    etags,
    into,
    mode,
    serverMajor: state.serverMajor,
    // Several processes are several sessions; a script may end transactions of its own.
    oneTransaction: mode !== 'create' || (request.jobs === 1 && archive?.fits === true && supportsRestrict(tools)),
    clean: request.clean,
    tables: archive?.tables ?? null,
    intoSchema,
    fromSchema,
    relations: writtenRelations({
      proof,
      roles: manifest.roles,
      toc: archive?.toc,
      entries: archive?.entries,
      proven: archive?.tables?.proven,
      fromSchema,
      intoSchema,
    }),
    owners: request.owners,
    privileges: request.privileges,
    policies: request.policies,
    prove: request.prove,
    jobs: request.jobs,
    lockTimeoutMs: request.lockTimeoutMs,
    approvalId: request.approvalId,
    lease: request.lease,
    user: request.user,
    warnings,
  };
}

/** What the dump's format does not give. */
function checkRequest({ tables, intoSchema, clean, inPlace, policies }: Request, { manifest }: OpenedDump): void {
  if (clean && !inPlace) {
    throw new AppError('InvalidInput', '--clean replaces what is there: it goes with --in-place');
  }
  if (clean && intoSchema !== undefined) {
    throw new AppError('InvalidInput', '--into-schema restores beside what is there: it does not go with --clean');
  }
  if (manifest.dumpFormat !== 'plain') return;
  const asked =
    tables.length > 0
      ? '--table'
      : !policies
        ? '--no-policies'
        : intoSchema !== undefined
          ? '--into-schema'
          : clean
            ? '--clean'
            : undefined;
  if (asked) {
    throw new AppError(
      'InvalidInput',
      `dump ${manifest.dumpId} is a plain one, a script that is restored as it stands: ${asked} needs a dump made with ` +
        `--format custom. Restore it into a new database, and dump that`,
    );
  }
}

function modeOf(request: Request, target: DatabaseTarget, { exists, objects }: RestoreTarget): RestorePlan['mode'] {
  const where = describeTarget(target);
  if (!exists) {
    if (!request.inPlace) return 'create';
    throw new AppError(
      'NotFound',
      `there is no database ${where} to restore in place: leave --in-place out to create it`,
    );
  }
  if (objects.length === 0) return 'fill';
  if (request.inPlace) return 'in-place';
  throw new AppError(
    'Conflict',
    `${where} is not empty: it holds ${objects.slice(0, 5).join(', ')}${objects.length > 5 ? ' …' : ''}. Name a database ` +
      `that is empty or does not exist yet (--into), or say --in-place, and --clean to replace what is there`,
    { objects },
  );
}

/** Nothing is replaced unasked. */
function checkAbsent(
  { manifest }: OpenedDump,
  tables: readonly string[],
  target: DatabaseTarget,
  state: RestoreTarget,
): void {
  const there = tables.filter((name) => state.tables.includes(name));
  if (there.length === 0) return;
  const remedy =
    manifest.dumpFormat === 'custom'
      ? 'Say --clean to replace them, or --into-schema to restore beside them'
      : 'Restore into a database that does not exist yet (--into)';
  throw new AppError(
    'Conflict',
    `${describeTarget(target)} has ${there.length} of the dump's tables already: ${there.slice(0, 5).join(', ')}` +
      `${there.length > 5 ? ' …' : ''}. ${remedy}`,
    { tables: there },
  );
}

/** pg_dump writes for servers of its own major and newer ones (PostgreSQL manual, pg_dump, "Notes"). */
function checkVersions({ manifest }: OpenedDump, target: DatabaseTarget, { serverMajor }: RestoreTarget): void {
  const major = Number.parseInt(manifest.toolVersion, 10);
  if (major <= serverMajor) return;
  throw new AppError(
    'ConfigError',
    `dump ${manifest.dumpId} was made by the tools of PostgreSQL ${major}; ${describeTarget(target)} is ${serverMajor}, ` +
      `which may not understand it. Restore it into a server of ${major} or newer`,
    { dumpMajor: major, serverMajor },
  );
}

/** Where psql runs a script, it must be able to keep it from running programs on this machine, and on the server's. */
function checkScripting(
  { manifest }: OpenedDump,
  mode: RestorePlan['mode'],
  tools: ClientTools,
  target: DatabaseTarget,
  { allPowerful }: RestoreTarget,
): void {
  const plain = manifest.dumpFormat === 'plain';
  if ((plain || mode !== 'create') && !supportsRestrict(tools)) {
    throw new AppError(
      'ConfigError',
      `psql ${tools.version} in ${tools.binDir} knows no \\restrict, without which a script could run commands here. ` +
        `Upgrade it to the newest minor release`,
    );
  }
  if (plain && allPowerful) {
    throw new AppError(
      'NotAllowed',
      `${describeTarget(target)}: role ${target.user} may run programs on the server, and a plain dump is a script that ` +
        `would be run with that right. Restore as a role without it (create role restorer login createdb), or a dump ` +
        `made with --format custom`,
    );
  }
}

async function checkRoles(
  deps: RestoreDeps,
  { owners, privileges, policies }: Request,
  { manifest }: OpenedDump,
  target: DatabaseTarget,
  { exists }: RestoreTarget,
): Promise<void> {
  const named = policies ? manifest.roles.named : [];
  const needed = owners || privileges ? [...manifest.roles.owners, ...named] : named;
  await using session = await (exists
    ? openSession(target, { applicationName: 'datasens preflight', signal: deps.signal })
    : openMaintenance(target, 'datasens preflight', deps.signal));
  const { rows } = await session.query<{ statement: string; role: string }>(
    `select distinct format('create role %I;', role) as statement, role
       from unnest($1::text[]) as needed(role)
      where not exists (select from pg_catalog.pg_roles where rolname = role) order by role`,
    [needed],
  );
  if (rows.length === 0) return;
  const always = rows.some(({ role }) => named.includes(role));
  throw new AppError(
    'ConfigError',
    `${describeTarget(target)} lacks roles of the dump. Create them${always ? '' : ', or leave owners and privileges out (--no-owner --no-privileges)'}:\n` +
      rows.map(({ statement }) => `  ${statement}`).join('\n'),
    { roles: rows.map(({ role }) => role), statements: rows.map(({ statement }) => statement) },
  );
}

function checkSpace(
  { needsRoom }: Request,
  { manifest }: OpenedDump,
  target: DatabaseTarget,
  { freeBytes }: RestoreTarget,
): string[] {
  const estimate = manifest.database.sizeBytes ?? 0;
  if (freeBytes === undefined || freeBytes >= estimate) return [];
  const said = `${describeTarget(target)}: the server's disk has ${freeBytes} bytes free, and the dump was made of ${estimate}`;
  // The estimate includes what was dead or loose in the source; less than the compressed rows it will not be.
  if (needsRoom || freeBytes < manifest.objects.data.sizeBytes)
    throw new AppError('NoSpace', `${said}. Make room`, { freeBytes, estimate });
  return [said];
}

/** Reads the dump back as it will be read again; returns the versions that were read. */
async function readBack(deps: RestoreDeps, { prefix, manifest }: OpenedDump): Promise<Record<string, string>> {
  const etags = await pinVersions(deps.store, prefix, manifest, deps.signal);
  const bytesInAll = Object.values(manifest.objects).reduce((sum, object) => sum + (object?.sizeBytes ?? 0), 0);
  let bytes = 0;
  await verifyObjects(deps.store, prefix, manifest, {
    etags,
    signal: deps.signal,
    onBytes: (count) => {
      bytes += count;
      deps.onProgress?.({ phase: 'check', bytes, bytesInAll });
    },
  });
  return etags;
}

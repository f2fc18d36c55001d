import type { ImportEntry } from '../audit/import-entry.ts';
import { findImportsOf } from '../audit/ledger.ts';
import { AppError } from '../errors.ts';
import { findLoadTable, placeOf } from '../postgres/load-table.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import type { Session } from '../postgres/session.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { findKnown, hashSource } from './find-duplicate.ts';
import type { ImportDeps } from './import-request.ts';
import { resultOf } from './import-result.ts';
import { type ImportedObject, importedObject } from './imported-object.ts';
import { inspect } from './inspect.ts';
import type { Inspection } from './inspection.ts';
import { openLoadSession } from './load-session.ts';
import { type InboxVersion, type ObjectImport, requestOf } from './object-import.ts';
import { type OpenedObject, openObject } from './open-object.ts';
import { refuseDoubts } from './plan-import.ts';
import { openTarget } from './run-import.ts';
import { type WantedApproval, wantApproval } from './want-approval.ts';

/** What the states of a workflow are to know of an object before it is imported. */
export interface InspectedObject {
  /** The very version that was looked at; of one that is gone, what was asked for. */
  readonly object: InboxVersion;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Null for an object that is gone. */
  readonly format: Inspection['format'] | null;
  /** As SQL writes it, with its schema. */
  readonly table: string;
  readonly tableExists: boolean;
  /** An import of this content into this table, of another file or of an earlier one. */
  readonly duplicateOf: ImportedObject['duplicateOf'];
  /** What that, or this very import, has come to; null where it is still to be done. */
  readonly imported: ImportedObject | null;
  /** Whether rows go, of which a dump is to be made before. */
  readonly needsSafety: boolean;
  /** What is to be asked of another person before; null where the table is not protected, or nothing is left to do. */
  readonly approval: WantedApproval | null;
}

/**
 * Looks at an object of the inbox: what a person would have to say of it, its hash, and what the ledger knows. Changes
 * nothing. Throws `NotFound` where no object has the key (any more), `Conflict` where another has, `InvalidInput` with the
 * questions that it leaves open, and what reading it throws. `since` is when the import was first asked for: what it has
 * done by then is told as done.
 */
export async function inspectObject(deps: ImportDeps, asked: ObjectImport, since: Date): Promise<InspectedObject> {
  const name = parseTableName(asked.table);
  const target = await openTarget(deps, asked.into);
  const opened = await openObject(deps, asked);
  await using session = await openLoadSession(target, deps.signal);
  const place = await placeOf(session, name);
  const asking = { deps, asked, since, session, place };
  return opened ? await look(asking, opened) : await findSettled(asking);
}

interface Asking {
  readonly deps: ImportDeps;
  readonly asked: ObjectImport;
  readonly since: Date;
  readonly session: Session;
  readonly place: RelationName;
}

async function look(asking: Asking, { object, source: opened }: OpenedObject): Promise<InspectedObject> {
  const { deps, asked, since, session, place } = asking;
  await using source = opened;
  const request = { ...requestOf(source, asked), since };
  const inspection = await inspect(deps, request);
  refuseDoubts(inspection);
  const sha256 = inspection.sha256 ?? (await hashSource(deps, source));
  const tableExists = await isThere(asking);
  // What was imported into a table that is gone went with it.
  const { entry, isOwn = false } = tableExists ? await findKnown(session, place, request, () => sha256) : {};
  const imported = entry ? importedOf(entry, isOwn, inspection.reading.warnings) : null;
  return {
    object,
    sha256,
    sizeBytes: inspection.sizeBytes,
    format: inspection.format,
    table: quoteQualified(place.schema, place.name),
    tableExists,
    duplicateOf: imported?.duplicateOf ?? null,
    imported,
    needsSafety: asked.ifExists === 'replace' && tableExists && !imported,
    approval: imported ? null : await wantApproval(deps, session, { request, inspection, place, sha256 }),
  };
}

/** What has become of an object that is gone. Throws `NotFound`, unless it is this very import that has taken it in. */
async function findSettled(asking: Asking): Promise<InspectedObject> {
  const { deps, asked, since, session, place } = asking;
  const { key, etag, versionId } = asked;
  const sourceUri = deps.store.uriOf(key);
  const [own] = await findImportsOf(session, place, { sourceUri, since });
  if (!own) {
    const [last] = await findImportsOf(session, place, { sourceUri });
    const told = last
      ? `import ${last.importId} took it in on ${last.importedAt}, and it was settled`
      : 'somebody has taken it away, or it was refused before, and stands below rejected/';
    throw new AppError('NotFound', `there is no ${sourceUri} any more: ${told}`, { key });
  }
  return {
    object: { key, etag, versionId },
    sha256: own.sha256,
    sizeBytes: own.sizeBytes,
    format: null,
    table: quoteQualified(place.schema, place.name),
    tableExists: await isThere(asking),
    duplicateOf: null,
    imported: importedOf(own, true, []),
    needsSafety: false,
    approval: null,
  };
}

async function isThere({ session, place }: Asking): Promise<boolean> {
  return (await findLoadTable(session, place)) !== undefined;
}

function importedOf(entry: ImportEntry, isOwn: boolean, warnings: readonly string[]): ImportedObject {
  return importedObject(resultOf({ kind: isOwn ? 'again' : 'duplicate', entry }, { warnings, durationMs: 0 }));
}

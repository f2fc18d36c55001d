import type { ImportEntry } from '../audit/import-entry.ts';
import { findStandingImport } from '../audit/ledger.ts';
import { AppError } from '../errors.ts';
import { findLoadTable } from '../postgres/load-table.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import type { ImportDeps, ImportRequest, ImportResult } from './import-request.ts';
import { openLoadSession } from './load-session.ts';
import type { Reading } from './reading.ts';
import { openRejects } from './rejects/open-rejects.ts';
import { readingThrough } from './rejects/reading-through.ts';
import { findRejectObjects } from './rejects/reject-objects.ts';
import { parseRejectsReading } from './rejects/rejects-reading.ts';
import { importReading, openTarget } from './run-import.ts';
import { openBlobSource } from './source/blob-source.ts';
import type { Source } from './source/source.ts';

export interface ReplayRequest
  extends Pick<ImportRequest, 'into' | 'maxRejects' | 'force' | 'sensitive' | 'comment' | 'lockTimeoutMs' | 'user'> {
  /** The import whose rejects they are. */
  readonly importId: number;
  /** The corrected rejects; the stored ones where there are none: then it is the database that was corrected. */
  readonly corrected?: Source;
}

/**
 * Imports rows that an import had to leave out, into its table: an import of its own, of the file of rejects, which are
 * read as the rows around them were. Throws `NotFound` for an import that is not in the ledger or whose table is gone,
 * `ConfigError` or `NotAllowed` where they are encrypted and no identity opens them, `InvalidInput` for one without rejects, `Conflict` for one that was undone, and what `runImport` throws.
 */
export async function replayRejects(deps: ImportDeps, request: ReplayRequest): Promise<ImportResult> {
  const started = performance.now();
  const { importId, corrected, ...given } = request;
  const target = await openTarget(deps, request.into);
  const { schema, table, mode, rejectsUri } = await findReplayed(deps, target, importId);
  const objects = findRejectObjects(deps.store, rejectsUri);
  if (objects === undefined) {
    throw new AppError(
      'InvalidInput',
      `the rejects of import ${importId} are ${rejectsUri}, in another storage: set DATASENS_STORAGE to it`,
    );
  }
  const { encrypted } = objects;
  const { open, reading: text } = await openRejects(deps, objects, `what import ${importId} rejected`);
  const reading = parseRejectsReading(text, {
    uri: deps.store.uriOf(objects.reading),
    because: `rejects of import ${importId} are replayed`,
  });
  const replay = (source: Source, rows: Reading = reading) =>
    importReading(deps, {
      request: {
        comment: `rejects of import ${importId}`,
        ...given,
        sensitive: encrypted || (given.sensitive ?? false),
        source,
        table: quoteQualified(schema, table),
        ifExists: mode === 'upsert' ? 'upsert' : 'append',
        key: reading.key,
      },
      target,
      reading: rows,
      started,
    });
  if (corrected !== undefined) return replay(corrected);
  await using stored = await openBlobSource(deps.store, objects.rejects, deps.signal);
  return await replay(stored, readingThrough(open, reading));
}

async function findReplayed(
  deps: ImportDeps,
  target: DatabaseTarget,
  importId: number,
): Promise<ImportEntry & { readonly rejectsUri: string }> {
  await using session = await openLoadSession(target, deps.signal);
  const entry = await findStandingImport(session, importId);
  if (entry === undefined) {
    throw new AppError(
      'NotFound',
      `no import ${importId} stands in the ledger of ${describeTarget(target)}: it was never done there, or its rows were replaced or undone by a restore since`,
    );
  }
  const { schema, table: name, rejectsUri } = entry;
  if (rejectsUri === null)
    throw new AppError('InvalidInput', `import ${importId} has no rejects: all of its rows are in`);
  if ((await findLoadTable(session, { schema, name })) !== undefined) return { ...entry, rejectsUri };
  throw new AppError('NotFound', `${quoteQualified(schema, name)} is gone: import the file again`);
}

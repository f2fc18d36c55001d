import type { ImportEntry } from '../audit/import-entry.ts';
import { findImportsOf, findSimilarImports } from '../audit/ledger.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { Attempt } from './attempt.ts';
import type { ImportDeps, ImportRequest } from './import-request.ts';
import { openContent } from './source/open-content.ts';
import type { Source } from './source/source.ts';

export interface Known {
  /** The import that this one would repeat. */
  readonly entry?: ImportEntry;
  /** Whether that is this one, asked for again. */
  readonly isOwn?: boolean;
  /** Of the stored bytes, where they had to be known to tell. */
  readonly sha256?: string;
}

/**
 * Whether the content was imported into the table before. It is read for that only where an import into the table had
 * as many bytes: the hash of all others is taken while they are loaded.
 */
export async function findDuplicate({ deps, request, session }: Attempt, table: RelationName): Promise<Known> {
  return await findKnown(session, table, request, () => request.expectSha256 ?? hashSource(deps, request.source));
}

/** The same, asked with whatever knows the hash. */
export async function findKnown(
  tx: Queryable,
  table: RelationName,
  { source, ifExists: mode, force = false, since }: Pick<ImportRequest, 'source' | 'ifExists' | 'force' | 'since'>,
  hash: () => Promise<string> | string,
): Promise<Known> {
  const { uri: sourceUri, sizeBytes } = source;
  const own = since === undefined ? [] : await findImportsOf(tx, table, { sourceUri, since });
  const similar = force ? [] : await findSimilarImports(tx, table, { sizeBytes, mode });
  if (own.length + similar.length === 0) return {};
  const sha256 = await hash();
  const isSame = (entry: ImportEntry) => entry.sha256 === sha256;
  const again = own.find(isSame);
  if (again) return { entry: again, isOwn: true, sha256 };
  const entry = similar.find(isSame);
  return entry ? { entry, sha256 } : { sha256 };
}

/** Of the stored bytes. Throws what reading throws. */
export async function hashSource(
  { signal, onProgress }: Pick<ImportDeps, 'signal' | 'onProgress'>,
  source: Source,
): Promise<string> {
  const content = await openContent(source, signal, { raw: true });
  for await (const _ of content.bytes) {
    onProgress?.({ phase: 'check', bytes: content.readBytes(), bytesInAll: source.sizeBytes, rows: 0 });
  }
  return content.stored().sha256;
}

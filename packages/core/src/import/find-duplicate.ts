import type { ImportEntry } from '../audit/import-entry.ts';
import { findSimilarImports } from '../audit/ledger.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { Attempt } from './attempt.ts';
import { openContent } from './source/open-content.ts';

export interface Known {
  /** The import that this one would repeat. */
  readonly entry?: ImportEntry;
  /** Of the stored bytes, where they had to be read to tell. */
  readonly sha256?: string;
}

/**
 * Whether the content was imported into the table before. It is read for that only where an import into the table had
 * as many bytes: the hash of all others is taken while they are loaded.
 */
export async function findDuplicate(attempt: Attempt, table: RelationName): Promise<Known> {
  const { request, session } = attempt;
  const { source, ifExists: mode, force = false } = request;
  if (force) return {};
  const similar = await findSimilarImports(session, table, { sizeBytes: source.sizeBytes, mode });
  if (similar.length === 0) return {};
  const sha256 = await hashSource(attempt);
  const entry = similar.find((candidate) => candidate.sha256 === sha256);
  return entry ? { entry, sha256 } : { sha256 };
}

async function hashSource({ deps: { signal, onProgress }, request: { source } }: Attempt): Promise<string> {
  const content = await openContent(source, signal, { raw: true });
  for await (const _ of content.bytes) {
    onProgress?.({ phase: 'check', bytes: content.readBytes(), bytesInAll: source.sizeBytes, rows: 0 });
  }
  return content.stored().sha256;
}

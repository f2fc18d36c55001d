import { AppError } from '../errors.ts';
import type { ImportDeps } from './import-request.ts';
import { type ImportedObject, importedObject } from './imported-object.ts';
import { type ObjectImport, requestOf } from './object-import.ts';
import { openObject } from './open-object.ts';
import { runImport } from './run-import.ts';

export interface InspectedImport {
  readonly asked: ObjectImport;
  /** As it was inspected; other bytes are not imported. */
  readonly sha256: string;
  /** Whether its table was there. */
  readonly tableExists: boolean;
  /** When the import was first asked for. */
  readonly since: Date;
  /** That was given for it, where the table is protected. */
  readonly approvalId?: number | undefined;
}

/**
 * Imports an object that was inspected. Called again it says what it has done. Throws `NotFound` where the object is gone,
 * `Conflict` where it is another by now, and what `runImport` throws.
 */
export async function importObject(
  deps: ImportDeps,
  { asked, sha256, tableExists, since, approvalId }: InspectedImport,
): Promise<ImportedObject> {
  const opened = await openObject(deps, asked);
  if (!opened) {
    throw new AppError('NotFound', `${deps.store.uriOf(asked.key)} is gone since it was inspected`, { key: asked.key });
  }
  await using source = opened.source;
  const request = { ...requestOf(source, asked), expectSha256: sha256, expectNew: !tableExists, since };
  return importedObject(await runImport(deps, approvalId === undefined ? request : { ...request, approvalId }));
}

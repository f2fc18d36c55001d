import type { Manifest } from '../catalog/manifest.ts';
import { AppError } from '../errors.ts';
import { inspectScript } from '../postgres/plain-script.ts';
import type { RestorePlan } from './restore-plan.ts';

export interface ScriptToCheck {
  readonly data: AsyncIterable<Uint8Array>;
  readonly manifest: Manifest;
  readonly mode: RestorePlan['mode'];
}

/**
 * Reads a plain dump for what would make it end our transaction: then it may only fill a database that nobody knows
 * yet. Throws `InvalidInput` with the line, `CorruptDump`.
 */
export async function checkScript({ data, manifest, mode }: ScriptToCheck): Promise<undefined> {
  const { corrupt, transactionCommand, unreadable } = await inspectScript(data);
  const dump = `plain dump ${manifest.dumpId}`;
  if (corrupt) throw new AppError('CorruptDump', `${dump}, line ${corrupt.line}: ${corrupt.text}`, { ...corrupt });
  const finding = transactionCommand ?? unreadable;
  if (mode === 'create' || !finding) return undefined;
  throw new AppError(
    'InvalidInput',
    `${dump}, line ${finding.line}: ${finding.text}. Such a script cannot be kept in one transaction, and so not taken ` +
      `back: restore it into a database that does not exist yet (--into)`,
    { ...finding },
  );
}

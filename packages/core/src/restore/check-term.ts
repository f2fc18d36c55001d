import type { DumpRow } from '../audit/dump-row.ts';
import type { OpenedDump } from '../catalog/open-dump.ts';
import { AppError } from '../errors.ts';
import type { RestoreDeps } from './restore-deps.ts';

/** The row's term, or the manifest's, which the journal vouches for: whichever comes first. */
export function checkTerm(
  { now }: Pick<RestoreDeps, 'now'>,
  { dumpId, expiresAt }: DumpRow,
  { manifest }: OpenedDump,
): void {
  const expired = [expiresAt, manifest.expiresAt].find((term) => term && Date.parse(term) <= now().getTime());
  if (!expired) return;
  throw new AppError('NotAllowed', `dump ${dumpId} expired on ${expired}: it is to be deleted, not restored`, {
    dumpId,
    expiresAt: expired,
  });
}

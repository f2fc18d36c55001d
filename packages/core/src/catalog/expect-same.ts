import { AppError } from '../errors.ts';
import type { StoredObject } from './manifest.ts';

type Bytes = Pick<StoredObject, 'sizeBytes' | 'sha256'>;

/** Throws `CorruptDump` where an object was read as other bytes than the manifest names, with both. */
export function expectSame(key: string, { sizeBytes, sha256 }: Bytes, found: Bytes): void {
  if (found.sizeBytes === sizeBytes && found.sha256 === sha256) return;
  const how = found.sizeBytes === sizeBytes ? 'altered' : found.sizeBytes < sizeBytes ? 'cut short' : 'too long';
  throw new AppError(
    'CorruptDump',
    `${key} is ${how}: expected ${sizeBytes} bytes with SHA-256 ${sha256}, ` +
      `found ${found.sizeBytes} with ${found.sha256}. Do not restore it; use an older dump`,
    { key, expected: { sizeBytes, sha256 }, found },
  );
}

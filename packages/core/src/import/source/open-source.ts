import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../errors.ts';
import { openStore, type S3Options } from '../../storage/open-store.ts';
import { openBlobSource } from './blob-source.ts';
import { openFileSource } from './file-source.ts';
import type { Source } from './source.ts';

/**
 * Opens what a person names: a path, `file:///path`, or `s3://bucket/key` with the S3 settings of the configuration.
 * Throws `InvalidInput` for any other URI, and what the opening throws.
 */
export async function openSource(location: string, s3: S3Options, signal?: AbortSignal): Promise<Source> {
  if (location.startsWith('file:')) return openFileSource(pathOf(location));
  const [, bucket, key] = /^s3:\/\/([^/]*)\/(.+)$/s.exec(location) ?? [];
  if (bucket !== undefined && key !== undefined) {
    return openBlobSource(await openStore(`s3://${bucket}`, s3), key, signal);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) {
    throw new AppError(
      'InvalidInput',
      `expected a path, file:///path or s3://bucket/key, got ${JSON.stringify(location)}`,
    );
  }
  return openFileSource(resolve(location));
}

function pathOf(location: string): string {
  try {
    return fileURLToPath(location);
  } catch (error) {
    throw new AppError('InvalidInput', `${JSON.stringify(location)} names no file`, { cause: error });
  }
}

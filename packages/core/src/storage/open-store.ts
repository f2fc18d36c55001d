import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';
import type { BlobStore } from './blob-store.ts';
import { fileStore } from './file.ts';

/** One driver for each scheme of a location. */
const drivers: Readonly<Record<string, (location: string) => BlobStore>> = {
  'file:': (location) => fileStore(folderOf(location)),
};

/**
 * The store at `location`, `file:///dir` or `s3://bucket/prefix`, without touching it yet. Throws `ConfigError` for
 * any other location, and for a scheme that this version has no driver for.
 */
export function openStore(location: string): BlobStore {
  const scheme = /^[a-z0-9]+:(?=\/\/)/.exec(location)?.[0];
  if (scheme === undefined) {
    throw new AppError(
      'ConfigError',
      `expected a store as file:///dir or s3://bucket/prefix, got ${JSON.stringify(location)}`,
    );
  }
  const driver = drivers[scheme];
  if (driver !== undefined) return driver(location);
  const reason = scheme === 's3:' ? 'the S3 driver is not in this version yet' : `${scheme}// is no kind of store`;
  throw new AppError('ConfigError', `${reason}: use file:///dir`, { scheme });
}

function folderOf(location: string): string {
  const url = new URL(location);
  if (url.host !== '' || url.search !== '' || url.hash !== '') {
    throw new AppError('ConfigError', 'expected a folder as file:///dir, without host, query or fragment');
  }
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new AppError('ConfigError', `${JSON.stringify(location)} names no folder`, { cause: error });
  }
}

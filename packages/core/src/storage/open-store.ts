import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';
import type { BlobStore } from './blob-store.ts';
import { fileStore } from './file.ts';
import type { S3Settings } from './s3/settings.ts';

/** How an S3 store is spoken to, whichever bucket it is. */
export type S3Options = Omit<S3Settings, 'bucket' | 'prefix'>;

/** One driver for each scheme of a location. */
const drivers: Readonly<Record<string, (location: string, s3: S3Options) => Promise<BlobStore>>> = {
  'file:': async (location) => fileStore(folderOf(location)),
  's3:': async (location, options) => {
    const place = bucketOf(location);
    // The SDK takes its time to load, which nobody else should wait for.
    const { s3Store } = await import('./s3.ts');
    return s3Store({ ...options, ...place });
  },
};

/**
 * The store at `location`, `file:///dir` or `s3://bucket/prefix`, without touching it yet. Throws `ConfigError` for
 * any other location.
 */
export async function openStore(location: string, s3: S3Options = {}): Promise<BlobStore> {
  const scheme = /^[a-z0-9]+:(?=\/\/)/.exec(location)?.[0];
  if (scheme === undefined) {
    throw new AppError(
      'ConfigError',
      `expected a store as file:///dir or s3://bucket/prefix, got ${JSON.stringify(location)}`,
    );
  }
  const driver = drivers[scheme];
  if (driver !== undefined) return await driver(location, s3);
  throw new AppError('ConfigError', `${scheme}// is no kind of store: use file:///dir or s3://bucket/prefix`, {
    scheme,
  });
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

/** A bucket's name by S3's rules ("Bucket naming rules", S3 user guide), and a prefix that no server reads differently. */
function bucketOf(location: string): Pick<S3Settings, 'bucket' | 'prefix'> {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(location) ?? [];
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new AppError('ConfigError', `${JSON.stringify(location)} names no bucket: expected s3://bucket/prefix`);
  }
  const prefix = path.replace(/\/+$/, '');
  if (prefix !== '' && !prefix.split('/').every((segment) => /^[\w!*'()-][\w!.*'() -]*$/.test(segment))) {
    throw new AppError(
      'ConfigError',
      `the prefix ${JSON.stringify(prefix)} is not made of segments of letters, digits and -_.!*'(), as in backups/prod`,
    );
  }
  return { bucket, prefix };
}

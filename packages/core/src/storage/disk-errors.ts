import { AppError } from '../errors.ts';

/** The errno name of a failed system call (`ENOENT`), or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Resolves to undefined where the system call failed with one of `codes`, and rejects with any other error. */
export async function unless<T>(call: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (codes.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** What a person does about a failed system call on the store at `uri`. Errors that are none of these pass unchanged. */
export function explainDiskError(error: unknown, uri: string): unknown {
  const code = errnoOf(error);
  const explain = code === undefined ? undefined : explanations[code];
  if (explain === undefined) return error;
  const [name, problem] = explain;
  return new AppError(name, `${uri}: ${problem} (${code})`, { cause: error, store: uri, code });
}

const full = ['NoSpace', 'the disk is full: free space on it or move the store, then run this again'] as const;
const quota = ['NoSpace', 'the disk quota is used up: raise it or free space, then run this again'] as const;
const tooBig = ['NoSpace', 'the file is too large for this disk: move the store to another file system'] as const;
const refused = ['NotAllowed', 'permission denied: give this user read and write access to the folder'] as const;
const readOnly = ['NotAllowed', 'the file system is read-only: mount it writable or move the store'] as const;
const noLinks = ['ConfigError', 'the file system has no hard links: move the store to one that has'] as const;
const notFolder = [
  'ConfigError',
  'there is a file where a folder is needed: name another folder or remove it',
] as const;
const longName = ['InvalidInput', 'the key is too long for a path on this disk'] as const;
const busy = ['Transient', 'the disk did not answer as it should: run this again'] as const;

const explanations: Readonly<Record<string, readonly [AppErrorName, string]>> = {
  ENOSPC: full,
  EDQUOT: quota,
  EFBIG: tooBig,
  EACCES: refused,
  EPERM: refused,
  EROFS: readOnly,
  ENOTSUP: noLinks,
  EOPNOTSUPP: noLinks,
  EMLINK: noLinks,
  ENOTDIR: notFolder,
  EEXIST: notFolder,
  ELOOP: notFolder,
  ENAMETOOLONG: longName,
  EIO: busy,
  EMFILE: busy,
  ENFILE: busy,
  EAGAIN: busy,
  EBUSY: busy,
  ENOENT: busy,
  ESTALE: busy,
  ETIMEDOUT: busy,
};

type AppErrorName = 'NoSpace' | 'NotAllowed' | 'ConfigError' | 'InvalidInput' | 'Transient';

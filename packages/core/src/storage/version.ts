import type { BigIntStats } from 'node:fs';
import { AppError } from '../errors.ts';
import { type BlobInfo, NO_VERSION, type VersionOptions } from './blob-store.ts';
import type { TempFile } from './temp-file.ts';

/** One write of an object. A file that was published is never written again, so its inode is the version. */
export interface Version {
  /** Inode, time and size: differs for every write, and changes when the file is altered in place. */
  readonly etag: string;
  /** Time and size alone, so that a copy of the whole folder on another disk (`cp -a`) keeps its metadata. */
  readonly metadataName: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

export function versionOf(file: BigIntStats): Version {
  const metadataName = `${file.mtimeNs.toString(36)}-${file.size.toString(36)}`;
  return {
    etag: `${file.ino.toString(36)}-${metadataName}`,
    metadataName,
    sizeBytes: Number(file.size),
    modifiedAt: new Date(Number(file.mtimeNs / 1_000_000n)),
  };
}

export function infoOf(key: string, { etag, sizeBytes, modifiedAt }: Version): BlobInfo {
  return { key, sizeBytes, etag, modifiedAt };
}

/** Throws `NotFound` for a version that a folder cannot have, and `Conflict` for a file that is another than asked for. */
export function expectVersion(
  key: string,
  file: BigIntStats,
  { etag, versionId = NO_VERSION }: Pick<VersionOptions, 'etag' | 'versionId'>,
): void {
  if (versionId !== NO_VERSION) {
    throw new AppError('NotFound', `there is no version ${JSON.stringify(versionId)} of ${JSON.stringify(key)}`, {
      key,
    });
  }
  if (etag === undefined || versionOf(file).etag === etag) return;
  throw new AppError('Conflict', `${JSON.stringify(key)} is no longer the version asked for`, { key, etag });
}

let lastStampMs = 0;

/**
 * Gives a complete temp file the time that tells its version from all others of its key.
 *
 * The kernel's own time is too coarse: it moves every few milliseconds, and a deleted file's inode is used again at
 * once. So the time is ours: the present millisecond and a random fraction, always later than the last one of this
 * process. Two writes get the same ETag only if they are of different processes, in the same millisecond, of the same
 * size, in the same inode (the first was deleted in between), and draw the same one of 4,000 fractions.
 */
export async function stampVersion(temp: TempFile): Promise<Version> {
  await temp.stopTouching();
  lastStampMs = Math.max(Date.now() + Math.random(), lastStampMs + 0.001);
  await temp.handle.utimes(lastStampMs / 1_000, lastStampMs / 1_000);
  return versionOf(await temp.handle.stat({ bigint: true }));
}

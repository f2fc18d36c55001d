import { constants } from 'node:fs';
import { chmod, copyFile, link, open, rm } from 'node:fs/promises';
import type { VersionOptions } from './blob-store.ts';
import { errnoOf, unless } from './disk-errors.ts';
import { drainBody } from './drain-body.ts';
import { type FoundObject, findFile } from './find-object.ts';
import { type HeadedObject, headObject } from './head-object.ts';
import type { Layout } from './layout.ts';
import { readBytes } from './read-bytes.ts';
import { openTemp, type TempFile, tempPath } from './temp-file.ts';
import { expectVersion, versionOf } from './version.ts';
import { writeBytes } from './write-bytes.ts';

/** Copies the present version of `key`, if it is the one meant, to a temp file; returns it with its attributes. */
export async function copyToTemp(
  layout: Layout,
  key: string,
  version: Pick<VersionOptions, 'etag' | 'versionId'>,
  signal: AbortSignal | undefined,
) {
  const source = await pinObject(layout, key);
  try {
    expectVersion(key, source.file, version);
    const temp = (await cloneFile(layout, source.path)) ?? (await copyBytes(layout, source.path, signal));
    return { temp, attributes: { metadata: source.metadata, tags: source.tags } };
  } finally {
    await rm(source.path, { force: true });
  }
}

/** A second name, in the temp folder, for the present version: replacing or deleting the object does not touch it. */
async function pinObject(layout: Layout, key: string): Promise<HeadedObject & FoundObject> {
  for (;;) {
    const object = await headObject(layout, key);
    const path = tempPath(layout);
    await unless(link(object.path, path), 'ENOENT');
    const pinned = await findFile(path);
    if (pinned !== undefined && versionOf(pinned.file).etag === object.version.etag) return { ...object, ...pinned };
    await rm(path, { force: true });
  }
}

/** Shares the blocks of the file where the file system can (Btrfs, XFS, APFS), whatever its size. */
async function cloneFile(layout: Layout, source: string): Promise<TempFile | undefined> {
  const path = tempPath(layout);
  try {
    await copyFile(source, path, constants.COPYFILE_FICLONE_FORCE);
    await chmod(path, 0o600);
    return await openTemp(layout, path);
  } catch (error) {
    await rm(path, { force: true });
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function copyBytes(layout: Layout, source: string, signal: AbortSignal | undefined): Promise<TempFile> {
  await using from = await open(source, 'r');
  const temp = await openTemp(layout);
  try {
    const all = { start: 0, end: Number.MAX_SAFE_INTEGER };
    await drainBody(readBytes(from, all, signal), (bytes) => writeBytes(temp.handle, bytes), signal);
    return temp;
  } catch (error) {
    await temp[Symbol.asyncDispose]();
    throw error;
  }
}

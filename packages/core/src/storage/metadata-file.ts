import { createHash } from 'node:crypto';
import { link, lstat, mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Metadata, Tags } from './blob-store.ts';
import { errnoOf, unless } from './disk-errors.ts';
import { findObject } from './find-object.ts';
import type { Layout } from './layout.ts';
import { makeOwnFolder } from './real-folder.ts';
import { syncFolder, syncPath } from './sync.ts';
import { openTemp, type TempFile } from './temp-file.ts';
import { type Version, versionOf } from './version.ts';

/** What a version has besides its bytes. */
export interface Attributes {
  readonly metadata: Metadata;
  readonly tags: Tags;
}

/** No name of metadata has a `/`. */
const TAGS = '/tags';

/** Writes the attributes to a temp file, on disk; undefined where there is nothing to write. */
export async function writeMetadata(layout: Layout, { metadata, tags }: Attributes): Promise<TempFile | undefined> {
  const content = { ...metadata, ...(Object.keys(tags).length > 0 ? { [TAGS]: tags } : {}) };
  if (Object.keys(content).length === 0) return undefined;
  const temp = await openTemp(layout);
  try {
    await temp.handle.writeFile(JSON.stringify(content));
    await temp.handle.sync();
    return temp;
  } catch (error) {
    await temp[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Ties `metadata` to a version that is not published yet; false if that version's name is taken and it needs
 * another. A version without metadata must find its name free, else a dead writer's metadata would become its own.
 */
export async function claimMetadata(layout: Layout, key: string, version: Version, metadata: TempFile | undefined) {
  const path = metadataPath(layout, key, version);
  if (metadata === undefined) return (await unless(lstat(path), 'ENOENT')) === undefined;
  for (;;) {
    await makeOwnFolder(layout.metadata);
    await unless(mkdir(dirname(path), { mode: 0o700 }), 'EEXIST');
    try {
      await link(metadata.path, path);
      break;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      // Another writer of this key has just tidied the folder away.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  await syncFolder(dirname(path));
  await syncPath(layout, layout.metadata);
  return true;
}

export async function readMetadata(layout: Layout, key: string, version: Version): Promise<Attributes> {
  const text = await unless(readFile(metadataPath(layout, key, version), 'utf8'), 'ENOENT');
  const { [TAGS]: tags = {}, ...metadata } = (text === undefined ? {} : JSON.parse(text)) as { [TAGS]?: Tags };
  return { metadata, tags };
}

/** Puts other attributes in the place of those of a published version; false if another writer was in the way. */
export async function replaceMetadata(
  layout: Layout,
  key: string,
  version: Version,
  attributes: Attributes,
): Promise<boolean> {
  const path = metadataPath(layout, key, version);
  await using temp = await writeMetadata(layout, attributes);
  if (temp === undefined) {
    await rm(path, { force: true });
  } else {
    await makeOwnFolder(layout.metadata);
    await unless(mkdir(dirname(path), { mode: 0o700 }), 'EEXIST');
    // Whoever replaces the object tidies the folder away.
    if (
      (await unless(
        rename(temp.path, path).then(() => true),
        'ENOENT',
      )) === undefined
    )
      return false;
  }
  await unless(syncFolder(dirname(path)), 'ENOENT');
  await syncPath(layout, layout.metadata);
  return true;
}

/**
 * Removes the metadata of versions of `key` that are gone or never came.
 *
 * A writer links its metadata from a temp file that it keeps until the version is published, so a file with one link
 * has a writer that is done or dead. Seen that, and then another version, its own cannot come any more: a version is
 * published once. In the other order it could come in between.
 */
export async function sweepMetadata(layout: Layout, key: string): Promise<void> {
  const folder = join(layout.metadata, folderName(key));
  const settled: string[] = [];
  for (const name of (await unless(readdir(folder), 'ENOENT')) ?? []) {
    const found = await unless(lstat(join(folder, name)), 'ENOENT');
    if (found?.nlink === 1) settled.push(name);
  }
  if (settled.length === 0) return;
  const object = await findObject(layout, key);
  const current = object && versionOf(object.file).metadataName;
  for (const name of settled) if (name !== current) await rm(join(folder, name), { force: true });
  await unless(rmdir(folder), 'ENOENT', 'ENOTEMPTY', 'EEXIST');
}

function metadataPath(layout: Layout, key: string, version: Version): string {
  return join(layout.metadata, folderName(key), version.metadataName);
}

function folderName(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

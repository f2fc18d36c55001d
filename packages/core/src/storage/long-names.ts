import { link, lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unless } from './disk-errors.ts';
import type { Layout } from './layout.ts';
import { makeOwnFolder } from './real-folder.ts';
import { isHashed, nameOf } from './segment-name.ts';
import { syncPath } from './sync.ts';
import { openTemp } from './temp-file.ts';

/** Records, before any file bears its hash as a name, the text of each segment that is too long for a name. */
export async function recordLongNames(layout: Layout, segments: readonly string[]): Promise<void> {
  for (const segment of segments) {
    const name = nameOf(segment);
    if (!isHashed(name)) continue;
    const path = join(layout.names, name);
    await makeOwnFolder(layout.names);
    if ((await unless(lstat(path), 'ENOENT')) === undefined) {
      await using temp = await openTemp(layout);
      await temp.handle.writeFile(segment);
      await temp.handle.sync();
      await unless(link(temp.path, path), 'EEXIST');
    }
    await syncPath(layout, layout.names);
  }
}

/** The segment behind a hashed name; undefined if none was recorded or the text is not the one that was hashed. */
export async function readLongName(layout: Layout, name: string): Promise<string | undefined> {
  const segment = await unless(readFile(join(layout.names, name), 'utf8'), 'ENOENT');
  return segment !== undefined && nameOf(segment) === name ? segment : undefined;
}

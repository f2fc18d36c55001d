import { findObject, notFound } from './find-object.ts';
import type { Layout } from './layout.ts';
import { type Attributes, readMetadata } from './metadata-file.ts';
import { type Version, versionOf } from './version.ts';

export interface HeadedObject extends Attributes {
  readonly path: string;
  readonly version: Version;
}

/** The present version of an object with the attributes of that very version. `NotFound` if there is none. */
export async function headObject(layout: Layout, key: string): Promise<HeadedObject> {
  for (;;) {
    const found = await findObject(layout, key);
    if (found === undefined) throw notFound(key);
    const version = versionOf(found.file);
    const attributes = await readMetadata(layout, key, version);
    // Replaced meanwhile, they may have been tidied away: only a version that is still there has the right one.
    const again = await findObject(layout, key);
    if (again !== undefined && versionOf(again.file).etag === version.etag)
      return { path: found.path, version, ...attributes };
  }
}

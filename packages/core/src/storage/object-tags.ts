import type { Tags } from './blob-store.ts';
import { findObject } from './find-object.ts';
import { headObject } from './head-object.ts';
import type { Layout } from './layout.ts';
import { replaceMetadata, sweepMetadata } from './metadata-file.ts';
import { versionOf } from './version.ts';

/** Replaces the tags of the present version. `NotFound` if there is none. */
export async function tagObject(layout: Layout, key: string, tags: Tags): Promise<void> {
  for (;;) {
    const { version, metadata } = await headObject(layout, key);
    const replaced = await replaceMetadata(layout, key, version, { metadata, tags });
    const again = await findObject(layout, key);
    if (replaced && again !== undefined && versionOf(again.file).etag === version.etag) return;
    await sweepMetadata(layout, key);
  }
}

import type { BlobInfo } from './blob-store.ts';
import type { Layout } from './layout.ts';
import { type Attributes, claimMetadata, sweepMetadata, writeMetadata } from './metadata-file.ts';
import { placeObject } from './place-object.ts';
import { syncPath } from './sync.ts';
import type { TempFile } from './temp-file.ts';
import { infoOf, stampVersion, type Version } from './version.ts';

/**
 * Makes a complete temp file the object `key`. The order is what a crash may find at any point:
 *
 * 1. The version gets its name, 2. the metadata is on disk under that name, 3. the bytes are on disk. So far readers
 *    see what was there before: metadata of a version that never comes is not looked at.
 * 4. The file gets its name: from here on readers see the new version, whole and with its metadata.
 * 5. The name is on disk: only now is the caller told. 6. The metadata of older versions goes.
 */
export async function publish(
  layout: Layout,
  temp: TempFile,
  key: string,
  { ifAbsent, ...attributes }: Attributes & { readonly ifAbsent: boolean },
): Promise<BlobInfo> {
  try {
    await using metadataFile = await writeMetadata(layout, attributes);
    let version: Version;
    do version = await stampVersion(temp);
    while (!(await claimMetadata(layout, key, version, metadataFile)));
    await temp.handle.sync();
    await syncPath(layout, await placeObject(layout, temp.path, key, ifAbsent));
    return infoOf(key, version);
  } finally {
    // What it cannot tidy away now is ignored by readers, and the next writer of the key tries again.
    await sweepMetadata(layout, key).catch(() => undefined);
  }
}

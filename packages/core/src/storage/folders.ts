import { join } from 'node:path';
import { isBeside, markBeside, mayBeBeside, settleMarker } from './beside.ts';
import type { Layout } from './layout.ts';
import { claimFolder, isRealFolder } from './real-folder.ts';
import { besideName, nameOf } from './segment-name.ts';

/*
 * Where the keys below `a/` lie, while `a` may be a key too
 *
 * The plain name `a` is a file (the object `a`) or a folder (of the keys below `a/`), whichever came first. Were the
 * rule "the other one goes elsewhere", deleting the first and writing again would put one key in two places. So each
 * of the two has a place that, once taken, is never left:
 *
 * 1. The object `a` lies inside the folder `a` (as `%@`) if there is one, else under the plain name. The kernel
 *    decides: `rename` and `link` of a file onto a folder fail. A store never removes a folder, so an object that
 *    went inside never has a second place.
 * 2. The keys below `a/` lie in the folder beside (`%+a`) if its marker exists, else in the plain folder. The marker
 *    is made by a hard link from the plain name `a`, and never removed. A link of a folder fails, so at the moment
 *    the marker appears `a` is a file, and the plain folder has never held anything: it is not there.
 *    Hence the order for a writer: first see the plain folder, then that there is no marker. From then on there can
 *    be none, for the folder stays. A racing writer may still create the plain folder after the marker; it then
 *    sees the marker and leaves the folder empty, which rule 1 can live with.
 *
 * Both rules rely on no plain folder being removed. Removing empty ones is safe only while no process has the store open.
 */

/** Finds or creates the folder of the keys below these segments. A symbolic link on the way is `NotAllowed`. */
export async function makeFolder(layout: Layout, segments: readonly string[]): Promise<string> {
  const plain = join(layout.root, ...segments.map(nameOf));
  if ((await isRealFolder(plain)) && !(await mayBeBeside(layout))) return plain;
  let folder = layout.root;
  for (const [i, segment] of segments.entries()) {
    folder = await makeStep(layout, folder, segment, segments.slice(0, i + 1));
  }
  return folder;
}

/** The folder of the keys below these segments; undefined if there is none, or only through a symbolic link. */
export async function findFolder(layout: Layout, segments: readonly string[]): Promise<string | undefined> {
  const names = segments.map(nameOf);
  if (await mayBeBeside(layout)) {
    for (const [i, segment] of segments.entries()) {
      if (await isBeside(layout, segments.slice(0, i + 1))) names[i] = besideName(segment);
    }
  }
  const path = join(layout.root, ...names);
  return (await isRealFolder(path)) ? path : undefined;
}

async function makeStep(layout: Layout, parent: string, segment: string, path: readonly string[]): Promise<string> {
  const plain = join(parent, nameOf(segment));
  for (;;) {
    if (await isBeside(layout, path)) {
      await settleMarker(layout, path);
      const beside = join(parent, besideName(segment));
      await claimFolder(beside);
      return beside;
    }
    const found = await claimFolder(plain);
    // Only now, after the plain folder is seen, does the lack of a marker mean anything: rule 2.
    if (found === 'folder' && !(await isBeside(layout, path))) return plain;
    if (found === 'file') await markBeside(layout, plain, path);
  }
}

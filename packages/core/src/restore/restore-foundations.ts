import { readToc } from '../postgres/archive-toc.ts';
import type { ClientTools } from '../postgres/client-tools.ts';
import { type AlreadyThere, choiceOf, chooseEntries, chooseFoundations } from './archive-entries.ts';
import { readData } from './archive-input.ts';
import { type OpenedArchive, openEntries } from './open-archive.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/**
 * A dump of selected tables holds neither their schemas nor their types and functions. Where the target has none of
 * them, they come from the definitions of the whole database, which were dumped beside it: `restore` is given those.
 */
export async function restoreFoundations(
  deps: RestoreDeps,
  plan: RestorePlan,
  tools: ClientTools,
  there: AlreadyThere,
  restore: (archive: OpenedArchive) => Promise<void>,
): Promise<void> {
  const { manifest, mode, intoSchema } = plan;
  const { schema } = manifest.objects;
  if (!schema || (mode === 'in-place' && intoSchema === null)) return;
  const definitions: RestorePlan = {
    ...plan,
    manifest: { ...manifest, objects: { ...manifest.objects, data: schema } },
  };
  const whole = await readToc(tools, readData(deps, definitions), deps.signal);
  const own = await readToc(tools, readData(deps, plan), deps.signal);
  const entries = chooseFoundations(whole, chooseEntries(own, choiceOf(plan), there).entries, there);
  if (entries.length === 0) return;
  await using archive = await openEntries(deps, definitions, tools, { entries, all: false });
  await restore(archive);
}

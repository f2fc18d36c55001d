import type { Deps } from '../deps.ts';
import { deleteVersions, versionPages } from '../storage/delete-versions.ts';
import { PAYLOADS } from '../workflow/payload.ts';
import { endingOf, type Findings } from './finding.ts';

/** Removes what states of workflows have left for later ones that are long over. Nothing else is ever kept there. */
export async function removePayloads(
  deps: Pick<Deps, 'store' | 'signal'>,
  findings: Findings,
  before: Date,
): Promise<void> {
  const { store, signal } = deps;
  let last: string | undefined;
  for await (const page of versionPages(store, PAYLOADS, signal)) {
    for (const { key, modifiedAt: since, sizeBytes } of page) {
      if (since >= before || key === last) continue;
      last = key;
      await findings.mend(
        { kind: 'payload', name: key, since, sizeBytes },
        {
          act: async () =>
            endingOf(
              await deleteVersions(store, key, (version) => version.key === key && version.modifiedAt < before, signal),
            ),
        },
      );
    }
  }
}

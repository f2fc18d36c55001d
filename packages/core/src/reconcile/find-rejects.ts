import { readStandings } from '../audit/dump-standings.ts';
import { rejectsPlaceOf } from '../catalog/rejects-place.ts';
import type { Deps } from '../deps.ts';
import { listPages } from '../storage/list-pages.ts';
import type { Findings } from './finding.ts';

const BATCH = 500;

/** The place of rejects of an import. */
interface Place {
  readonly prefix: string;
  readonly dumpId: number;
  readonly startedAt: Date;
}

/**
 * Finds rejects of which neither T38 nor the journal knows the import. They are told, and an expiry removes them at the
 * end of their term: the ledger of a database that is not configured any more may name them, and they are the only copy
 * of the rows that this import could not load. A file that was refused as a whole has no import to be known.
 */
export async function findRejects(deps: Deps, findings: Findings, before: Date): Promise<void> {
  const { store, signal } = deps;
  let batch: Place[] = [];
  for await (const page of listPages(store, 'rejected/', { signal })) {
    for (const { key } of page) {
      const place = rejectsPlaceOf(key);
      if (!place || place.dumpId === null || place.startedAt >= before) continue;
      if (batch.at(-1)?.prefix === place.prefix) continue;
      if (batch.length === BATCH) {
        await tell(deps, findings, batch);
        batch = [];
      }
      batch.push({ ...place, dumpId: place.dumpId });
    }
  }
  await tell(deps, findings, batch);
}

async function tell({ db }: Deps, findings: Findings, batch: readonly Place[]): Promise<void> {
  const standingOf = await readStandings(
    db,
    batch.map(({ dumpId }) => dumpId),
  );
  for (const { prefix, dumpId, startedAt } of batch) {
    const { row, events } = standingOf(dumpId);
    if (row || events !== 'none') continue;
    const because = 'of an import that nobody recorded: expire removes them at the end of their term';
    findings.add({ kind: 'rejects', name: prefix, dumpId, since: startedAt, outcome: 'waits', because });
  }
}

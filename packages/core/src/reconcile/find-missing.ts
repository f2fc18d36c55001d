import { selectDumps } from '../audit/dump-row.ts';
import { listStandingDumps, type StandingRow } from '../audit/standing-dumps.ts';
import { manifestKey, prefixOf } from '../catalog/manifest.ts';
import type { Deps } from '../deps.ts';
import { isStored } from '../storage/is-stored.ts';
import type { Findings } from './finding.ts';

/** A request to a bucket takes milliseconds: so many dumps are asked for at a time. */
const ASKERS = 8;

/**
 * Finds the registered dumps of this storage whose manifest or data is not there, and tells them: nobody can bring back
 * what is gone. Asks by key, for a listing may lag behind.
 */
export async function findMissing(deps: Deps, findings: Findings): Promise<void> {
  const { db, store, signal } = deps;
  const rows = listStandingDumps(db, signal);
  const ask = async () => {
    for await (const row of rows) {
      // Rows older than the journal, and those of another storage, promise nothing here.
      if (!row.registered || store.uriOf(row.key) !== row.uri) continue;
      const missing = await missingOf(deps, row);
      if (missing.length === 0 || !(await stands(deps, row))) continue;
      findings.add({
        kind: 'row',
        name: row.key,
        dumpId: row.dumpId,
        since: new Date(row.createdAt),
        outcome: 'look',
        because: `${missing.join(' and ')} missing`,
      });
    }
  };
  await Promise.all(Array.from({ length: ASKERS }, ask));
}

async function missingOf({ store, signal }: Deps, { key }: StandingRow): Promise<string[]> {
  const keys = [manifestKey(prefixOf(key)), key];
  const there = await Promise.all(keys.map((name) => isStored(store, name, signal)));
  return keys.filter((_, index) => !there[index]);
}

/** Whether the row, read once more, is still that of a dump: an expiry marks it before it removes a byte. */
async function stands({ db }: Deps, { dumpId, key }: StandingRow): Promise<boolean> {
  const [row] = await selectDumps(db, 'where dump_id = $1', [dumpId]);
  return row?.key === key && row.status !== 'SUPPRIME';
}

import { listDumps } from '@datasens/core/audit/list-dumps.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { findManifest } from '@datasens/core/catalog/find-manifest.ts';
import { prefixOf } from '@datasens/core/catalog/manifest.ts';
import { verifyObjects } from '@datasens/core/catalog/verify-objects.ts';
import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import { expect } from 'vitest';
import type { DumpWorld } from './dump-world.ts';
import { until } from './eventually.ts';

/**
 * What must hold after anything (docs/design.md, section 5): each row's bytes are stored and are the ones it names,
 * whatever claims to be a dump is one, and the journal is whole. Returns the ids of the registered dumps.
 */
export async function expectInvariants({ deps, dumpKeys }: DumpWorld): Promise<number[]> {
  const { dumps } = await listDumps(deps.db, {}, { limit: 1000 });
  for (const { dumpId } of dumps) await verifyDump(deps, { dump: String(dumpId), user: 'invariants' });
  for (const key of (await dumpKeys()).filter((name) => name.endsWith('/manifest.json'))) {
    const found = await findManifest(deps.store, prefixOf(key), deps.signal);
    if (found) await verifyObjects(deps.store, prefixOf(key), found.manifest, { signal: deps.signal });
  }
  expect(await verifyJournal(deps)).toMatchObject({ ok: true, problems: [] });
  return dumps.map(({ dumpId }) => dumpId);
}

/** Nothing was registered, nothing is stored, and no session of a dump is left in the source. */
export async function expectNothing(world: DumpWorld): Promise<void> {
  expect(await world.dumpKeys()).toEqual([]);
  expect(await expectInvariants(world)).toEqual([]);
  await until(async () => (await dumpSessions(world)) === 0);
}

/** How many sessions of dumps the source's server has. */
export async function dumpSessions({ source }: DumpWorld): Promise<number> {
  const [row] = await source.sql<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
      where datname = current_database() and application_name like 'datasens dump%'`,
  );
  return row?.n ?? 0;
}

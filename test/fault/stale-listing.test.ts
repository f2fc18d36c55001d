import { mirrorJournal } from '@datasens/core/audit/mirror-journal.ts';
import { recordEvent } from '@datasens/core/audit/record-event.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import { testAudit } from '@datasens/testkit/audit.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { crashAt, faultyStore } from '@datasens/testkit/fault.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { laggingStore } from '@datasens/testkit/lagging-store.ts';
import { restoreInto, restoreWorld } from '@datasens/testkit/restore-world.ts';
import { expect, test } from 'vitest';

const user = 'claire';
/** Listings that are one behind, and some that never catch up. */
const LAGS = [1, Number.POSITIVE_INFINITY];

test.for(LAGS)('dumps, restores and the journal need no listing that is up to date (%s behind)', async (lag) => {
  await using made = await restoreWorld();
  const world = { ...made, deps: { ...made.deps, store: laggingStore(made.deps.store, lag) } };
  await made.source.sql('create table t as select n, md5(n::text) from generate_series(1, 1000) n');
  const before = await dumpText(made.source.url);
  const { manifest } = await runDump(world.deps, { user });
  await verifyDump(world.deps, { dump: String(manifest.dumpId), user });
  await using target = futureDatabase();
  await restoreInto(world, target.url, { prove: true });
  await made.source.sql('truncate t');
  await restoreInto(world, made.source.url, { inPlace: true, clean: true, prove: true });
  for (const { url } of [target, made.source]) expect(await dumpText(url)).toBe(before);
  expect(await verifyJournal(world.deps)).toMatchObject({ ok: true, problems: [] });
  expect(await expectInvariants(made)).toEqual([manifest.dumpId]);
});

test.for(LAGS)('a mirror that was killed between object and head goes on (%s behind)', async (lag) => {
  await using audit = await testAudit();
  const store = laggingStore(audit.store, lag);
  // Step 1 reads the head, 2 writes the object, 3 would write the head.
  const crash = faultyStore(store, crashAt(2, 'after'));
  await expect(mirrorJournal({ ...audit, store: crash })).rejects.toThrow('crash');
  expect(await mirrorJournal({ ...audit, store })).toMatchObject({ mirrored: 1, head: { seq: 1 } });
  expect(await verifyJournal({ ...audit, store })).toMatchObject({ ok: true, problems: [] });
});

test.for([
  ['removed', 'delete from t39_dump_evenement where seq = 3'],
  ['removed with its neighbours', 'delete from t39_dump_evenement where seq between 3 and 5'],
  ['cut off', 'delete from t39_dump_evenement where seq > 4'],
  ['removed to the last', 'delete from t39_dump_evenement'],
] as const)('events that were %s in the database are told as with a listing that is up to date', async ([, sql]) => {
  await using audit = await testAudit();
  const store = laggingStore(audit.store, Number.POSITIVE_INFINITY);
  for (let n = 2; n <= 7; n += 1) await recordEvent({ ...audit, store }, { event: 'ECHEC', detail: { n } });
  await audit.server.sql(sql);
  const told = await verifyJournal(audit);
  expect(told.ok).toBe(false);
  expect(await verifyJournal({ ...audit, store })).toEqual(told);
});

import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { expect, test } from 'vitest';
import { findDump } from '../audit/find-dump.ts';
import { reserveDumpId } from '../audit/reserve-dump-id.ts';
import { commitDump } from '../dump/commit-dump.ts';
import type { DumpRequest } from '../dump/dump-plan.ts';
import { planDump } from '../dump/plan-dump.ts';
import { runDump } from '../dump/run-dump.ts';
import { stageDump } from '../dump/stage-dump.ts';
import { verifyStaged } from '../dump/verify-staged.ts';
import { adoptManifest } from './adopt-manifest.ts';
import { formatManifest, manifestKey } from './manifest.ts';
import { tombstoneKey } from './tombstone.ts';

const request: DumpRequest = { user: 'claire', comment: 'à côté', personal: true, tables: ['"Été"', 'mesure'] };

/** A source with a table, and a dump of it that was killed between its manifest and its row. */
async function worldWithOrphan() {
  const world = await dumpWorld();
  await world.source.sql('create table mesure (id int); create table "Été" (id int); insert into mesure values (1)');
  return { world, staged: await orphanIn(world) };
}

async function orphanIn({ deps }: DumpWorld) {
  const staged = await verifyStaged(deps, await stageDump(deps, await planDump(deps, request)));
  await deps.store.put(manifestKey(staged.prefix), [formatManifest(staged.manifest)]);
  return staged;
}

const eventsOf = async ({ audit }: DumpWorld) =>
  audit.server.sql(
    'select evenement, utilisateur, detail, changements from t39_dump_evenement where seq > 1 order by seq',
  );
const rowsOf = ({ audit }: DumpWorld) => audit.server.sql('select * from t38_dump_audit order by dump_id');

test('a dump that was killed between manifest and row is registered as it would have been', async () => {
  const { world, staged } = await worldWithOrphan();
  await using _ = world;
  const { deps } = world;
  const { prefix, manifest } = staged;
  expect(await adoptManifest(deps, prefix)).toEqual({ created: true });
  const adopted = { events: await eventsOf(world), rows: await rowsOf(world) };

  // The commit goes on after all: it finds its own row and event.
  await commitDump(deps, staged);
  expect(await adoptManifest(deps, prefix)).toEqual({ created: false });
  expect({ events: await eventsOf(world), rows: await rowsOf(world) }).toEqual(adopted);
  expect(await findDump(deps.db, String(manifest.dumpId))).toMatchObject({
    user: 'claire',
    comment: 'à côté',
    table: 'public."Été", public.mesure',
    status: 'ACTIF',
    createdAt: manifest.createdAt.replace(/\.?0+Z$/, 'Z'),
    expiresAt: manifest.expiresAt?.replace(/\.?0+Z$/, 'Z'),
  });
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
});

test('two who register it, beside its own commit, are one row and one event', async () => {
  const { world, staged } = await worldWithOrphan();
  await using _ = world;
  const { deps } = world;
  await Promise.all([adoptManifest(deps, staged.prefix), commitDump(deps, staged), adoptManifest(deps, staged.prefix)]);
  expect(await eventsOf(world)).toHaveLength(1);
  expect(await expectInvariants(world)).toEqual([staged.manifest.dumpId]);
});

test('a commit between the question for the row and that for the event is no row that was removed', async () => {
  const { world, staged } = await worldWithOrphan();
  await using _ = world;
  const { deps } = world;
  let asked = false;
  const query: typeof deps.db.query = async (sql, params) => {
    const result = await deps.db.query(sql, params);
    if (!asked && sql.includes('t38_dump_audit')) {
      asked = true;
      await commitDump(deps, staged);
    }
    return result as never;
  };
  expect(await adoptManifest({ ...deps, db: { ...deps.db, query } }, staged.prefix)).toEqual({ created: false });
  expect(await expectInvariants(world)).toEqual([staged.manifest.dumpId]);
});

test('an id that another database gave is never given again', async () => {
  const { world, staged } = await worldWithOrphan();
  await using _ = world;
  const { deps, audit } = world;
  const { manifest, prefix } = staged;
  // A database that was made anew has given no id yet.
  await audit.server.sql('alter sequence t38_dump_audit_dump_id_seq restart');
  const far = { ...manifest, dumpId: 250_000 };
  const home = prefix.replace(/-\d+\/$/, '-250000/');
  for (const { key } of Object.values(manifest.objects)) await deps.store.copy(`${prefix}${key}`, `${home}${key}`);
  await deps.store.put(manifestKey(home), [formatManifest(far)]);

  expect(await adoptManifest(deps, home)).toEqual({ created: true });
  expect(await reserveDumpId(deps.db)).toBe(250_001);
  expect(await adoptManifest(deps, prefix)).toEqual({ created: true });
  expect(await reserveDumpId(deps.db)).toBe(250_002);
});

test('a manifest that does not belong where it stands, or not to these bytes, is no row', async () => {
  const { world, staged } = await worldWithOrphan();
  await using _ = world;
  const { deps } = world;
  const { prefix, manifest } = staged;
  const refused = async (bytes: Buffer, why: RegExp, at = prefix) => {
    await deps.store.put(manifestKey(at), [bytes]);
    await expect(adoptManifest(deps, at)).rejects.toMatchObject({
      name: 'CorruptDump',
      message: expect.stringMatching(why),
    });
    expect(await rowsOf(world)).toEqual([]);
  };
  const whole = formatManifest(manifest);
  await refused(whole.subarray(0, 200), /not JSON/);
  await refused(whole, /copied or edited/, prefix.replace(/-\d+\/$/, '-7/'));
  const hour = { createdAt: new Date(Date.parse(manifest.createdAt) - 3_600_000).toISOString() };
  for (const edit of [{ dumpId: 7 }, hour, { source: 'crm' }, { purpose: 'safety' }, { selection: null }] as const) {
    await refused(formatManifest({ ...manifest, ...edit }), /copied or edited/);
  }
  await refused(formatManifest({ ...manifest, selection: ['public.mesure', 'a.b.c'] }), /edited/);

  await deps.store.put(manifestKey(prefix), [whole]);
  const proof = `${prefix}${manifest.objects.proof.key}`;
  await deps.store.put(proof, [Buffer.from('{}')]);
  await refused(whole, /cut short/);
  await deps.store.delete(proof);
  await refused(whole, /missing/);
});

test('what was deleted, or is registered otherwise, is never a dump again', async () => {
  const { world, staged } = await worldWithOrphan();
  await using _ = world;
  const { deps, audit } = world;
  const { prefix, manifest } = staged;
  const refused = (why: RegExp) =>
    expect(adoptManifest(deps, prefix)).rejects.toMatchObject({
      name: 'Conflict',
      message: expect.stringMatching(why),
    });

  await deps.store.put(tombstoneKey(prefix), [Buffer.from('{}')]);
  await refused(/deleted/);
  expect(await rowsOf(world)).toEqual([]);
  await deps.store.delete(tombstoneKey(prefix));

  await adoptManifest(deps, prefix);
  await audit.server.sql('delete from t38_dump_audit');
  await refused(/removed/);
  const { manifest: other } = await runDump(deps, { user: 'claire' });
  await audit.server.sql(`update t38_dump_audit set dump_id = ${manifest.dumpId} where dump_id = ${other.dumpId}`);
  await audit.server.sql(`delete from t39_dump_evenement where dump_id = ${manifest.dumpId}`);
  await refused(/another dump/);
});

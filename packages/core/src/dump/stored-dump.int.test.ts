import { createHash } from 'node:crypto';
import { archiveScript, copiedRows } from '@datasens/testkit/archive.ts';
import { contentHash } from '@datasens/testkit/content-hash.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expect, test } from 'vitest';
import { runDump } from './run-dump.ts';

const user = 'claire';

test('a dump is stored, hashed, proven, described, registered and journalled', async () => {
  await using world = await dumpWorld();
  await world.source.sql(`create table t01_source (id int primary key, nom text, prix numeric)`);
  await world.source.sql(`insert into t01_source values (1, 'Le Monde', 1.50), (2, null, 2), (3, E'l\\'été\\n', null)`);
  const request = { user, comment: 'avant la migration', personal: true };
  const { prefix, manifest, proof, warnings } = await runDump(world.deps, request);

  expect(warnings).toEqual([]);
  const { data } = manifest.objects;
  const bytes = await world.audit.storage.outside.read(`${prefix}${data.key}`);
  expect(copiedRows(await archiveScript(bytes), 'public.t01_source')).toHaveLength(3);
  const hash = contentHash(['(1,"Le Monde",1.50)', '(2,,2)', '(3,"l\'été\n",)']);
  expect(proof?.tables).toEqual([{ name: 'public.t01_source', rows: 3, hash, columns: ['id', 'nom', 'prix'] }]);
  expect(data).toMatchObject({ sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect(await world.dumpKeys()).toEqual(
    [data.key, manifest.objects.proof.key, manifest.objects.globals?.key, 'manifest.json']
      .map((name) => `${prefix}${name}`)
      .sort(),
  );

  const [row] = await world.audit.server.sql('select *, date_expiration - date_creation as term from t38_dump_audit');
  expect(row).toMatchObject({
    dump_id: manifest.dumpId,
    type: 'SQL',
    chemin: `${prefix}${data.key}`,
    taille_mb: bytes.length / 1_048_576,
    utilisateur: user,
    commentaire: 'avant la migration',
    checksum_sha256: data.sha256,
    statut: 'ACTIF',
    minio_uri: `${world.audit.storage.env.DATASENS_STORAGE}/${prefix}${data.key}`,
    table_cible: null,
    term: { days: 90 },
  });
  const events = await world.audit.server.sql('select evenement, dump_id from t39_dump_evenement where seq > 1');
  expect(events).toEqual([{ evenement: 'CREE', dump_id: String(manifest.dumpId) }]);
});

test('a plain dump is SQL, whole to its last line', async () => {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select 1 as id');
  const { prefix, manifest } = await runDump(world.deps, { user, format: 'plain' });
  const { key } = manifest.objects.data;
  expect(key).toMatch(/\.sql$/);
  const sql = await world.audit.storage.outside.read(`${prefix}${key}`);
  expect(copiedRows(sql.toString(), 'public.t')).toEqual(['1']);
});

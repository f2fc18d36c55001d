import { newDump, testAudit } from '@datasens/testkit/audit.ts';
import { expect, test } from 'vitest';
import { findDump } from './find-dump.ts';
import { recordDump } from './record-dump.ts';

test('a dump is found by its id, its key and its URI, also when it is SUPPRIME', async () => {
  await using audit = await testAudit();
  const key = 'dumps/sql/données/1/data.dump';
  const dump = newDump({ dumpId: 5, key, uri: audit.store.uriOf(key) });
  await recordDump(audit, dump, {});
  await audit.server.sql(`update t38_dump_audit set statut = 'SUPPRIME'`);
  for (const reference of ['5', key, dump.uri]) {
    const found = await findDump(audit.db, reference, audit.store.uri);
    expect(found, reference).toMatchObject({ dumpId: 5, status: 'SUPPRIME' });
  }
});

test('what names no dump, or several, is said with a way out', async () => {
  await using audit = await testAudit();
  await audit.server.sql(`insert into t38_dump_audit (dump_id, type, chemin, minio_uri) values
    (1, 'RAW', '2', 's3://raw/rss/'), (3, 'RAW', 'b', 's3://raw/rss/')`);
  await expect(findDump(audit.db, '99')).rejects.toMatchObject({
    name: 'NotFound',
    message: expect.stringMatching(/datasens audit/),
  });
  await expect(findDump(audit.db, '999999999999999')).rejects.toMatchObject({ name: 'NotFound' });
  await expect(findDump(audit.db, 's3://raw/rss/')).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringMatching(/3, 1/),
  });
  expect(await findDump(audit.db, '2'), 'a key may look like an id').toMatchObject({ dumpId: 1 });
});

test('a URI of another storage is not the dump with the same key here', async () => {
  await using audit = await testAudit();
  await audit.server.sql(`insert into t38_dump_audit (type, chemin, minio_uri) values ('SQL', 'k', 's3://there/k')`);
  await expect(findDump(audit.db, 's3://here/k', 's3://here')).rejects.toMatchObject({ name: 'NotFound' });
});

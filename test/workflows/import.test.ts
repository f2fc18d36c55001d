import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import type { WorkflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect } from 'vitest';
import { testWorkflow } from './story.ts';

const KEY = 'inbox/public.news/2026/news.csv';
const FILE = 'id,title\n3,third\n4,fourth\n5,fifth\n';
const OLD = [1, 2];
const NEW = [3, 4, 5];

/** What an execution works on: the rows of the table, and the files of the bucket that are no dump and no journal. */
async function standing({ dumps }: WorkflowWorld) {
  const rows = await dumps.source.sql<{ id: string }>('select id from news order by id');
  const keys: string[] = [];
  for (const prefix of ['inbox/', 'imported/', 'rejected/']) {
    const { blobs } = await dumps.audit.store.list(prefix);
    keys.push(...blobs.map(({ key }) => key));
  }
  return { ids: rows.map(({ id }) => Number(id)), keys };
}

testWorkflow({
  workflow: 'import',
  async prepare({ dumps }) {
    await dumps.source.sql(`create table news (id int, title text); insert into news values (1, 'a'), (2, 'b')`);
  },
  async begin({ dumps }) {
    const { etag } = await dumps.audit.store.put(KEY, [Buffer.from(FILE)]);
    return { key: KEY, etag, table: 'public.news', ifExists: 'replace', user: 'claire' };
  },
  async succeeded(world, { output }) {
    expect(output).toMatchObject({ rowsRead: 3, rowsInserted: 3, duplicateOf: null, settled: { outcome: 'moved' } });
    const { ids, keys } = await standing(world);
    expect(ids).toEqual(NEW);
    expect(keys).toEqual([expect.stringMatching(/^imported\/\d{8}T\d{6}Z-\d+\/public\.news\/2026\/news\.csv$/)]);
    expect((await world.dumps.audit.storage.outside.read(keys[0] ?? '')).toString()).toBe(FILE);
    expect(await world.dumps.source.sql('select import_id, lignes_inserees from t40_import_registre')).toEqual([
      { import_id: String(output.importId), lignes_inserees: '3' },
    ]);
    const { dumpId } = output.safetyDump as { dumpId: number };
    const { dump, manifest } = await verifyDump(world.dumps.deps, { dump: String(dumpId), user: 'paul' });
    expect(manifest).toMatchObject({ rows: OLD.length, purpose: 'safety' });
    expect(dump).toMatchObject({ dumpId, key: expect.stringMatching(/^dumps\/SQL\/default\/safety-/) });
  },
  async failed(world) {
    const { ids, keys } = await standing(world);
    expect([OLD, NEW]).toContainEqual(ids);
    expect(keys).toHaveLength(1);
  },
  towards: {
    SettleRejected: [{ functionName: 'import', error: 'InvalidInput' }],
    SettleRejectedAsTask: [
      { functionName: 'import', error: 'InvalidInput' },
      { functionName: 'settle', error: 'DeadlineExceeded' },
    ],
  },
  // import-approval.test.ts
  elsewhere: ['AskApproval'],
  doomed: { SettleRejected: 'InvalidInput', SettleRejectedAsTask: 'InvalidInput' },
});

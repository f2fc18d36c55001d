import { runDump } from '@datasens/core/dump/run-dump.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { eventsOf } from '@datasens/testkit/restore-world.ts';
import { expect } from 'vitest';
import { testWorkflow } from './story.ts';

let dump = '';
let wanted = '';

testWorkflow({
  workflow: 'restore',
  async prepare({ dumps }) {
    await dumps.source.sql('create table t as select n from generate_series(1, 100) n');
    wanted = await dumpText(dumps.source.url);
    dump = String((await runDump(dumps.deps, { user: 'claire' })).manifest.dumpId);
    await dumps.source.sql('delete from t where n > 10');
  },
  begin: async () => ({ user: 'paul', dump, inPlace: true, clean: true, prove: true }),
  async succeeded({ dumps }, { output }) {
    expect(output).toMatchObject({ dumpId: Number(dump), mode: 'in-place', proven: true, tables: 1, rows: 100 });
    expect(await dumpText(dumps.source.url)).toBe(wanted);
    expect(await expectInvariants(dumps)).toContain(output.safetyDumpId);
    const events = await eventsOf(dumps);
    expect(events.filter((event) => event === 'PROUVE')).toHaveLength(1);
  },
  // restore-approval.test.ts
  elsewhere: ['AskApproval'],
  async failed({ dumps }) {
    expect(await dumps.source.sql('select count(*)::int as n from t')).toEqual([{ n: 10 }]);
    await expectInvariants(dumps);
  },
});

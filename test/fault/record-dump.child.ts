import { recordDump } from '@datasens/core/audit/record-dump.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { newDump } from '@datasens/testkit/audit.ts';
import { childStore } from '@datasens/testkit/child-store.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';

/** The first argument, as JSON; the environment names the store. */
export interface RecordDumpInput {
  readonly url: string;
  readonly dump: { readonly dumpId: number; readonly key: string };
  /** The step at which the process is killed. */
  readonly n: number;
  readonly when: 'before' | 'after';
}

const { url, dump, n, when }: RecordDumpInput = JSON.parse(process.argv[2] ?? '{}');
const steps = killAt(n, when);
await using db = openDatabase(parseDatabaseUrl(url, 'child'));
const deps = {
  db: faultyDatabase(db, steps),
  store: faultyStore(await childStore(), steps),
  signal: new AbortController().signal,
};
await recordDump(deps, newDump(dump), {});

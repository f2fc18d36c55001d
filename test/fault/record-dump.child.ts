/**
 * Records a dump and is killed at one of its steps: `node record-dump.child.ts '{"url", "root", "dumpId", "n", "when"}'`.
 */
import { recordDump } from '@datasens/core/audit/record-dump.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { fileStore } from '@datasens/core/storage/file.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';
import { killedDump, type RecordDumpChild } from './record-dump-input.ts';

const { url, root, dumpId, n, when }: RecordDumpChild = JSON.parse(process.argv[2] ?? '{}');
const steps = killAt(n, when);
await using db = openDatabase(parseDatabaseUrl(url, 'child'));
await recordDump(
  {
    db: faultyDatabase(db, steps),
    store: faultyStore(fileStore(root), steps),
    signal: new AbortController().signal,
  },
  killedDump(dumpId),
  { child: true },
);

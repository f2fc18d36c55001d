/**
 * An import in a process of its own, which ends by SIGKILL after its `step`-th call to the audit database, the storage
 * or the file. Arguments: a JSON object as below; the environment names the store. Prints the number of steps when it gets through.
 */
import { runImport } from '@datasens/core/import/run-import.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import type { Source } from '@datasens/core/import/source/source.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { childStore } from '@datasens/testkit/child-store.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';

export interface ImportChildInput {
  readonly targetUrl: string;
  readonly auditUrl: string;
  readonly path: string;
  /** 0 for none of them. */
  readonly step: number;
}

const input = JSON.parse(process.argv[2] ?? '') as ImportChildInput;
const steps = killAt(input.step, 'after');
await using db = openDatabase(parseDatabaseUrl(input.auditUrl, 'audit'));
await using file = await openFileSource(input.path);
const source: Source = {
  ...file,
  async *read(options) {
    for await (const chunk of file.read(options)) {
      steps.end(steps.begin('source read'));
      yield chunk;
    }
  },
  async expectUnchanged() {
    await file.expectUnchanged();
    steps.end(steps.begin('source check'));
  },
};
await runImport(
  {
    db: faultyDatabase(db, steps),
    store: faultyStore(await childStore(), steps),
    now: () => new Date(),
    signal: new AbortController().signal,
    log: () => undefined,
    sources: new Map([['default', parseDatabaseUrl(input.targetUrl, 'target')]]),
    toolSearch: {},
  },
  { source, into: 'default', table: 't', ifExists: 'append', maxRejects: 1, user: 'claire' },
);
process.stdout.write(`${JSON.stringify(steps.taken)}\n`);

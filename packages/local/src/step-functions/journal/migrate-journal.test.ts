import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { stepFunctionsWorld } from '@datasens/testkit/step-functions-world.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { executionArn, machineArn } from '../arns.ts';
import { openRetention } from '../retention.ts';
import { readExecution } from './executions.ts';
import { type Journal, openJournal } from './journal.ts';

/** A journal as the first host wrote it, which counted no versions: one execution succeeded, one failed, one waits. */
const FIRST = new URL('../../../../../test/journals/version-0.sql', import.meta.url);
const BEGUN = Date.UTC(2026, 5, 1);
const TOKEN = 'T'.repeat(64);

async function firstJournal() {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'step-functions.sqlite');
  const db = new DatabaseSync(path);
  db.exec(await readFile(FIRST, 'utf8'));
  db.close();
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const arnOf = (machine: string, name: string) => executionArn(machineArn(machine), name);

test('a journal of the first version goes on where it stood', async () => {
  await using first = await firstJournal();
  const clock = manualClock(BEGUN + 1);
  await using world = await stepFunctionsWorld({ path: first.path, clock, functions: { work: (n) => n } });
  const of = (machine: string, name: string) => readExecution(world.journal, arnOf(machine, name));
  world.engine.answer(TOKEN, { output: 'yes' });
  expect(await world.ended(of('asks', 'waiting'))).toMatchObject({ status: 'SUCCEEDED', output: '"yes"' });
  world.engine.redrive(arnOf('works', 'failed'));
  expect(await world.ended(of('works', 'failed'))).toMatchObject({ status: 'SUCCEEDED', output: '[1,2]' });
  // Only the second item had failed.
  expect(world.calls).toHaveLength(1);
  expect(of('works', 'succeeded')).toMatchObject({ status: 'SUCCEEDED', stoppedAt: BEGUN });
});

test('its executions are removed in their time', async () => {
  await using first = await firstJournal();
  const clock = manualClock(BEGUN + 1);
  await using world = await stepFunctionsWorld({ path: first.path, clock });
  await using _ = openRetention({ journal: world.journal, clock, log: () => undefined }, 0);
  await expect.poll(() => world.journal.all('select name from execution')).toEqual([{ name: 'waiting' }]);
});

test('it has then what a new one has', async () => {
  await using first = await firstJournal();
  using old = openJournal(first.path);
  using fresh = openJournal(`${first.path}.new`);
  const schema = (journal: Journal) => ({
    ...journal.get('pragma user_version'),
    indexes: journal.all(`select name, tbl_name from sqlite_master where type = 'index' order by name`),
    columns: journal.all(
      `select sqlite_master.name as of, info.* from sqlite_master, pragma_table_info(sqlite_master.name) as info
       where sqlite_master.type = 'table' order by 1, 2`,
    ),
  });
  expect(schema(old)).toEqual(schema(fresh));
});

test('one that is up to date is opened once more, by one host at a time', async () => {
  await using first = await firstJournal();
  openJournal(first.path)[Symbol.dispose]();
  using _ = openJournal(first.path);
  expect(() => openJournal(first.path)).toThrow(expect.objectContaining({ name: 'ConfigError' }));
});

test('one of a later version is refused, and left alone', async () => {
  await using first = await firstJournal();
  const db = new DatabaseSync(first.path);
  db.exec('pragma user_version = 1000');
  db.close();
  const open = () => openJournal(first.path);
  expect(open).toThrow(
    expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining('later version') }),
  );
});

import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@datasens/testkit/eventually.ts';
import { type HostWorld, hostWorld } from '@datasens/testkit/host-world.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const csv = (...ids: number[]) => `id,title\n${ids.map((id) => `${id},title ${id}\n`).join('')}`;
/** The journal's events of some kinds, sorted, with the phase where they have one. */
const events = (...kinds: string[]) => `select concat_ws(' ', evenement, detail::json ->> 'phase') as event
  from t39_dump_evenement where evenement in ('${kinds.join("','")}') order by 1`;
const named = (...events: string[]) => events.map((event) => ({ event }));

/** A table whose rows go in only once nobody holds what is given, which is taken for a start. */
async function gatedTable(world: HostWorld) {
  await world.database.sql('create table t (id int primary key, title text)');
  await world.database.sql(`create function wait_at_gate() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(1); return new; end $$`);
  await world.database.sql('create trigger gate before insert on t for each row execute function wait_at_gate()');
  const gate = await sqlSession(world.database.url, 'gate');
  await gate.sql('select pg_advisory_lock(1)');
  return gate;
}

/** Waits until somebody waits for a lock of a session. */
const queued = (world: HostWorld) =>
  world.until('select count(*) > 0 as waits from pg_locks where not granted', [{ waits: true }]);

test('a host that is killed during COPY imports each row once when it is back', async () => {
  await using world = await hostWorld();
  const first = await world.start();
  {
    await using _gate = await gatedTable(world);
    await world.drop('two.csv', csv(1, 2));
    await queued(world);
    await first.end('SIGKILL');
    await world.start();
    await queued(world);
  }
  await world.until('select id from t order by id', [{ id: 1 }, { id: 2 }]);
  await eventually(async () => expect(await world.filesBelow('imported')).toEqual(['two.csv']));
  await world.until(events('IMPORTE'), named('IMPORTE'));
});

test('a host that is killed during a restore restores once when it is back', async () => {
  await using world = await hostWorld();
  await world.database.sql(`create table t as select n as id from generate_series(1, 3) n`);
  const { json: dumped } = await world.datasens('dump', '--json');
  await world.database.sql('update t set id = -id');
  const first = await world.start();
  {
    await using reader = await sqlSession(world.database.url, 'reader');
    await reader.sql('begin; lock table t in share mode');
    const input = JSON.stringify({ dump: String(dumped.dumpId), into: 'default', inPlace: true, clean: true });
    expect(await world.datasens('run', 'restore', '--input', input, '--no-wait')).toMatchObject({ code: 0 });
    await queued(world);
    await first.end('SIGKILL');
    await world.start();
    await queued(world);
  }
  await world.until('select id from t order by id', [{ id: 1 }, { id: 2 }, { id: 3 }]);
  // The first was begun as well.
  const restored = ['RESTAURE deciding', 'RESTAURE finished', 'RESTAURE started', 'RESTAURE started'];
  await world.until(events('CREE', 'RESTAURE', 'ECHEC'), named('CREE', 'CREE', ...restored));
});

test('a host that is killed amid a Map goes on with what is left, and asks an approver once', async () => {
  await using world = await hostWorld();
  await world.database.sql('create schema gold');
  for (const table of ['a', 'b', 'c']) {
    await world.database.sql(`create table ${table} as select 1 as id`);
    expect(await world.datasens('dump', '--table', table)).toMatchObject({ code: 0 });
  }
  const first = await world.start();
  await world.drop('gold.sales/sales.csv', csv(1));
  await world.until('select statut from t41_approbation', [{ statut: 'EN_ATTENTE' }]);
  expect(await world.datasens('run', 'restore-test', '--no-wait')).toMatchObject({ code: 0 });
  await eventually(async () => expect(await world.database.sql(events('PROUVE'))).not.toEqual([]));
  await first.end('SIGKILL');
  expect((await world.database.sql(events('PROUVE'))).length).toBeLessThan(3);
  await world.start();
  await world.until(events('PROUVE', 'ECHEC'), named('PROUVE', 'PROUVE', 'PROUVE'));
  expect(await world.datasens('approve', '1')).toMatchObject({ code: 0 });
  await world.until('select id from gold.sales', [{ id: '1' }]);
  await world.until(events('DEMANDE', 'APPROUVE', 'UTILISE'), named('APPROUVE', 'DEMANDE', 'UTILISE'));
});

// Only root can mount one.
test.runIf(process.getuid?.() === 0)(
  'a host whose disk is full goes on when there is room, and has lost nothing',
  async () => {
    await using disk = await temporaryFolder();
    await run('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', disk.path]);
    await using _ = { [Symbol.asyncDispose]: async () => void (await run('umount', ['--lazy', disk.path])) };
    await using world = await hostWorld({ DATASENS_INBOX_EVERY: '1' }, { home: disk.path });
    const host = await world.start();
    const ballast = join(disk.path, 'ballast');
    {
      await using _gate = await gatedTable(world);
      await world.drop('two.csv', csv(1, 2));
      await queued(world);
      await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k']).catch(() => undefined);
    }
    await world.until('select id from t order by id', [{ id: 1 }, { id: 2 }]);
    await expect(writeFile(join(disk.path, 'more'), csv(1))).rejects.toMatchObject({ code: 'ENOSPC' });
    await eventually(() => expect(host.heard()).toContain('Make room'));
    expect(await world.filesBelow('imported')).toEqual([]);
    await rm(ballast);
    await eventually(async () => expect(await world.filesBelow('imported')).toEqual(['two.csv']));
    await world.until('select id from t order by id', [{ id: 1 }, { id: 2 }]);
    await world.until(events('IMPORTE'), named('IMPORTE'));
    expect(await world.datasens('journal', 'verify', '--json')).toMatchObject({ code: 0, json: { ok: true } });
    expect(await host.end('SIGTERM')).toBe(0);
  },
);

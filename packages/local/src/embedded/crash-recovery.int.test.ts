import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { ask } from '@datasens/testkit/ask.ts';
import { type EmbeddedHome, embeddedHome } from '@datasens/testkit/embedded-home.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { expect, test } from 'vitest';
import { serverUser } from './server-user.ts';

async function postmasterPid(home: EmbeddedHome): Promise<number> {
  const [file = ''] = await home.find('postgres/cluster-*/data/postmaster.pid');
  return Number.parseInt(await readFile(file, 'utf8'), 10);
}

test.for(['start', 'stop'] as const)('after a kill of the postmaster, %s ends what it left at work', async (next) => {
  await using home = await embeddedHome();
  const { url } = await home.start();
  await ask(url, 'create table t as select 1 as a');
  const busy = ask(url, 'do $$ begin loop perform 1; end loop; end $$');
  const ended = expect(busy).rejects.toThrow();
  await eventually(async () => {
    const active = await ask(url, "select from pg_stat_activity where query like 'do %' and state = 'active'");
    expect(active).toHaveLength(1);
  });

  process.kill(await postmasterPid(home), 'SIGKILL');
  await home[next]();
  await ended;
  const again = await home.start();
  expect(await ask(again.url, 'select a from t')).toEqual([[1]]);
});

test('a crashed postmaster is replaced, though another process now has its number', async () => {
  await using home = await embeddedHome();
  await home.start();
  const pid = await postmasterPid(home);
  process.kill(pid, 'SIGKILL');
  await using bystander = await startBystander();
  for (const file of await home.find('postgres/cluster-*/{data/postmaster.pid,.s.PGSQL.5432.lock}')) {
    await writeFile(file, (await readFile(file, 'utf8')).replace(String(pid), String(bystander.pid)));
  }
  const again = await home.start();
  expect(await ask(again.url, 'select 1')).toEqual([[1]]);
  await again.stop();
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
});

test.for([
  'postgres.lock',
  'postgres/new-*',
  'postgres/new-*/data/PG_VERSION',
  'postgres/new-*/data/base/5',
  'postgres/cluster-*',
  'postgres/cluster-*/start.log',
  'postgres/cluster-*/data/postmaster.pid',
])('a command killed when %s appears leaves nothing that the next one does not put right', async (moment) => {
  await using home = await embeddedHome();
  const killed = home.command();
  await eventually(async () => expect(await home.find(moment)).not.toEqual([]));
  killed.kill9();
  const { url } = await home.start();
  expect(await ask(url, 'select 1')).toEqual([[1]]);
  expect(await home.find('postgres/cluster-*')).toHaveLength(1);
});

test.for(['global/pg_control', 'PG_VERSION'])(
  'a cluster without its data/%s is refused, and left as it is',
  async (path) => {
    await using home = await embeddedHome();
    await home.start();
    await home.stop();
    for (const lost of await home.find(`postgres/cluster-*/data/${path}`)) await rm(lost, { recursive: true });
    await expect(home.start()).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('is damaged: files are missing'),
    });
    expect(await home.find('postgres/cluster-*/data/base')).toHaveLength(1);
  },
);

test('a server whose socket was removed is started again', async () => {
  await using home = await embeddedHome();
  await home.start();
  const pid = await postmasterPid(home);
  for (const socket of await home.find('postgres/cluster-*/.s.PGSQL.5432')) await rm(socket);
  const { url } = await home.start();
  expect(await ask(url, 'select 1')).toEqual([[1]]);
  expect(await postmasterPid(home)).not.toBe(pid);
});

/** A live process of the user who runs the server. */
async function startBystander(): Promise<ChildProcess & AsyncDisposable> {
  const { spawnAs } = await serverUser();
  const child = spawn('sleep', ['3600'], { ...spawnAs, cwd: '/', stdio: 'ignore' });
  await once(child, 'spawn');
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  });
}

import { expect, inject, test, vi } from 'vitest';
import { ask } from './ask.ts';
import { isAsNew, lendableServers } from './lendable-servers.ts';
import { lentServers } from './lent-servers.ts';
import { startServer } from './server.ts';

test('a server is as new until something is left on it', async () => {
  await using server = await startServer();
  const url = server.url();
  expect(await isAsNew(url)).toBe(true);
  for (const trace of ['database left_database', 'role left_role', 'table left_table ()', 'schema left_schema']) {
    await ask(url, `create ${trace}`);
    expect(await isAsNew(url)).toBe(false);
    await ask(url, `drop ${trace.replace(' ()', '')}`);
    expect(await isAsNew(url)).toBe(true);
  }
});

test('one server is lent to run after run; one that was ended or used up is replaced', async () => {
  await using servers = lendableServers();
  const lend = async () => {
    for (const [name, value] of Object.entries(await servers.environmentFor('integration'))) vi.stubEnv(name, value);
    return lentServers()?.serverUrl ?? '';
  };
  expect(await servers.environmentFor('unit')).toEqual({});
  const first = await lend();
  expect(first).not.toBe(inject('serverUrl'));
  expect(await lend()).toBe(first);

  await ask(first, 'create role left_role');
  const second = await lend();
  expect(second).not.toBe(first);
  await expect(ask(first, 'select')).rejects.toThrow('ENOENT');

  const [[file] = []] = await ask(second, `select pg_read_file('postmaster.pid')`);
  process.kill(Number.parseInt(String(file), 10), 'SIGKILL');
  const third = await lend();
  expect(third).not.toBe(second);
  expect(await isAsNew(third)).toBe(true);
});

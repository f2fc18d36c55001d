import { expect, test } from 'vitest';
import { ask } from './ask.ts';
import { startServer } from './server.ts';

test('a server takes settings, survives a kill and starts again on the same address', async () => {
  await using server = await startServer({ settings: { work_mem: '7MB' } });
  await ask(server.url(), 'create database café');
  expect(await ask(server.url('café'), 'show work_mem')).toEqual([['7MB']]);
  const pid = await server.pid();
  await server.kill9();
  await server.start();
  expect(await server.pid()).not.toBe(pid);
  expect(await ask(server.url('café'), 'select current_database()')).toEqual([['café']]);
  await server.stop();
  await expect(server.pid()).rejects.toThrow('stopped');
});

test('over TCP a server asks for the password', async () => {
  await using server = await startServer({ tcp: true });
  expect(await ask(server.url('postgres', { tcp: true }), 'select 1')).toEqual([[1]]);
  await expect(ask(server.url('postgres', { tcp: true, password: 'wrong' }), 'select 1')).rejects.toThrow('password');
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { readSchedules } from './read-schedules.ts';

const otherwise = fileURLToPath(new URL('../../../../workflows/schedules.json', import.meta.url));
const workflows = ['dump', 'restore-test', 'rotation'];
const GOOD = { name: 'hourly', workflow: 'dump', expression: 'rate(1 hour)' };

async function read(content: unknown) {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'schedules.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return await readSchedules({ path, required: true, otherwise, workflows });
}

test('a file of one’s own replaces what is shipped, which is a dump, a rotation and a restore test', async () => {
  expect(await read({ schedules: [GOOD] })).toEqual([{ ...GOOD, timezone: 'UTC', input: {}, enabled: true }]);
  const shipped = await readSchedules({ path: '/nowhere/schedules.json', required: false, otherwise, workflows });
  expect(shipped.map(({ workflow }) => workflow)).toEqual(['dump', 'rotation', 'restore-test']);
});

test.for([
  ['{', 'no JSON'],
  [{ schedules: [{ ...GOOD, expression: 'cron(0 2 * * *)' }] }, 'six fields'],
  [{ schedules: [{ ...GOOD, expression: 'cron(0 2 * * ? *)', timezone: 'Paris' }] }, 'no time zone'],
  [{ schedules: [{ ...GOOD, name: 'Nightly dump' }] }, 'lower-case'],
  [{ schedules: [GOOD, GOOD] }, 'hourly is there twice'],
  [{ schedules: [{ ...GOOD, workflow: 'export' }] }, 'export, which is none of dump'],
  [{ schedules: [{ ...GOOD, at: 'noon' }] }, 'at'],
] as const)('%j is refused', async ([content, says]) => {
  await expect(read(content)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(new RegExp(`schedules.json.*${says}`, 's')),
  });
});

test('a file that somebody has named must be there', async () => {
  const absent = { path: '/nowhere/schedules.json', required: true, otherwise, workflows };
  await expect(readSchedules(absent)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('ENOENT'),
  });
});

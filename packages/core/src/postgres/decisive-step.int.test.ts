import { testDatabase } from '@datasens/testkit/database.ts';
import { expect, test } from 'vitest';
import { backendOf } from './backend.ts';
import { commitOf, type DecisiveStep, renamingOf, wasTaken } from './decisive-step.ts';
import { openMaintenance } from './restore-target.ts';
import { openSession } from './session.ts';
import { parseDatabaseUrl, withDatabase } from './target.ts';

const { signal } = new AbortController();
const options = { applicationName: 'test' };

test('a transaction was taken once it is committed, is not while it is open, and never once it is rolled back', async () => {
  await using database = await testDatabase();
  await database.sql('create table t ()');
  const target = parseDatabaseUrl(database.url, 'test');
  for (const end of ['commit', 'rollback']) {
    await using session = await openSession(target, options);
    await session.query('begin');
    const step = await commitOf(session);
    await session.query('insert into t default values');
    await expect(wasTaken(target, step, signal)).rejects.toMatchObject({ name: 'Transient' });
    await session.query(end);
    expect(await wasTaken(target, step, signal)).toBe(end === 'commit');
  }
});

test('a role without privileges can tell its own steps', async () => {
  await using database = await testDatabase();
  await database.sql(`create role ${database.name} login`);
  try {
    const target = { ...parseDatabaseUrl(database.url, 'test'), user: database.name };
    await using session = await openSession(target, options);
    await session.query('begin');
    const step = await commitOf(session);
    await session.query('commit');
    expect(await wasTaken(target, step, signal)).toBe(true);
  } finally {
    await database.sql(`drop role ${database.name}`);
  }
});

test('a name is taken by the database that was to get it, and by no other that has it', async () => {
  await using database = await testDatabase();
  const target = parseDatabaseUrl(database.url, 'test');
  await using session = await openMaintenance(target, 'test');
  const { rows } = await session.query<{ oid: number }>('select oid::int8 as oid from pg_database where datname = $1', [
    target.database,
  ]);
  const { oid } = rows[0] ?? { oid: 0 };
  const step = await renamingOf(session, oid, target.database, await backendOf(session));
  expect(await wasTaken(target, step, signal)).toBe(true);
  expect(await wasTaken(target, { ...step, name: 'another' } as DecisiveStep, signal)).toBe(false);
  expect(await wasTaken(target, { ...step, database: oid + 1 } as DecisiveStep, signal)).toBe(false);
  // Nor does the session that was about to do it come to it any more.
  await expect(session.query('select')).rejects.toMatchObject({ name: 'Transient' });
});

test('with its database what was done to it is gone; of another server, or of long ago, nobody can tell', async () => {
  await using database = await testDatabase();
  const target = parseDatabaseUrl(database.url, 'test');
  await using session = await openSession(target, options);
  await session.query('begin');
  const step = await commitOf(session);
  await session.query('commit');
  expect(await wasTaken(withDatabase(target, `${database.name}_gone`), step, signal)).toBe(false);
  const elsewhere = { ...step, system: '1' };
  await expect(wasTaken(target, elsewhere, signal)).rejects.toMatchObject({
    name: 'Conflict',
    message: expect.stringMatching(/cannot be told: another server answers there now.*start another restore/),
  });
  // The first that any transaction has; frozen when the cluster is made.
  const forgotten = { ...step, transaction: '3' };
  await expect(wasTaken(target, forgotten, signal)).rejects.toMatchObject({ name: 'Conflict' });
});

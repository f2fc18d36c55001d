import { inboxWorld } from '@datasens/testkit/inbox-world.ts';
import { expect, test } from 'vitest';

const csv = (...ids: number[]) => `id,title\n${ids.map((id) => `${id},title ${id}\n`).join('')}`;

test('a file becomes rows, and stands below imported/ by the time and the id that T38 has', async () => {
  await using world = await inboxWorld();
  const input = await world.put(csv(1, 2));
  const { status, output } = await world.run('import', input);
  expect({ status, output }).toMatchObject({
    status: 'SUCCEEDED',
    output: { created: true, rowsRead: 2, rowsInserted: 2, rowsRejected: 0, duplicateOf: null, safetyDump: null },
  });
  const [row] = await world.dumps.audit.server.sql<{ at: string; uri: string }>(
    `select to_char(date_creation, 'YYYYMMDD"T"HH24MISS"Z"') as at, minio_uri as uri from t38_dump_audit`,
  );
  const place = `imported/${row?.at}-${output.dumpId}/public.t/file.csv`;
  expect(row?.uri).toBe(world.dumps.audit.store.uriOf(input.key));
  expect(output.settled).toMatchObject({ outcome: 'moved', uri: world.dumps.audit.store.uriOf(place) });
  expect(await world.dumps.audit.store.tags(place)).toEqual({ 'datasens-import': String(output.importId) });
  expect(await world.files()).toEqual({ inbox: [], imported: [csv(1, 2)], rejected: [] });
});

test('a content that is in already is not loaded again under another key, and settled as what it is', async () => {
  await using world = await inboxWorld();
  const first = await world.run('import', await world.put(csv(1), 'first.csv'));
  const second = await world.run('import', await world.put(csv(1), 'second.csv'));
  const { importId, dumpId } = first.output;
  expect(second).toMatchObject({
    status: 'SUCCEEDED',
    output: { importId, dumpId, duplicateOf: { importId, dumpId }, rowsRead: 0, rowsInserted: 0 },
  });
  expect(world.called.filter((name) => name === 'import')).toHaveLength(1);
  expect(await world.ids()).toEqual([1]);
  expect(await world.files()).toEqual({ inbox: [], imported: [csv(1), csv(1)], rejected: [] });
  const { blobs } = await world.dumps.audit.store.list('imported/');
  const tags = await Promise.all(blobs.map(({ key }) => world.dumps.audit.store.tags(key)));
  expect(tags).toContainEqual({ 'datasens-duplicate-of': String(importId) });
});

test.for([
  { ifExists: 'append', force: false },
  { ifExists: 'append', force: true },
  { ifExists: 'replace', force: false },
])('whoever is asked twice to import has imported once, and says the same: %j', async (how) => {
  await using world = await inboxWorld();
  await world.run('import', await world.put(csv(1)));
  const input = { ...(await world.put(csv(1, 2))), ...how };
  // Its answer was lost, once on the way and once for good.
  world.faults.push({ functionName: 'import', error: 'Lambda.ServiceException', when: 'after' });
  world.faults.push({ functionName: 'import', error: 'Lambda.Unknown', when: 'after' });
  const imported = { importId: 2, duplicateOf: null, rowsRead: 2, rowsInserted: 2, created: false };
  expect(await world.run('import', input)).toMatchObject({ status: 'SUCCEEDED', output: imported });
  expect(world.called.slice(-4)).toEqual(['import', 'import', 'import as task', 'settle as task']);
  expect(await world.ids()).toEqual(how.ifExists === 'append' ? [1, 1, 2] : [1, 2]);
});

test.for(['before', 'after'] as const)(
  'a settling that failed %s it was done is taken up by a redrive, and the outcome is the same',
  async (when) => {
    await using world = await inboxWorld();
    const input = { ...(await world.put(csv(1))), force: true };
    world.faults.push({ functionName: 'settle', error: 'NotAllowed', when });
    const failed = await world.run('import', input);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'NotAllowed' });
    expect(await world.ids()).toEqual([1]);
    world.api.world.engine.redrive(failed.arn);
    expect(await world.ended(failed.arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: { importId: 1, duplicateOf: null, rowsInserted: 1, settled: { outcome: 'moved' } },
    });
    expect(await world.ids()).toEqual([1]);
    expect(await world.files()).toEqual({ inbox: [], imported: [csv(1)], rejected: [] });
  },
);

test('a file that is replaced before it is imported is not imported, and neither is the new one, which stays', async () => {
  let replaced = false;
  await using world = await inboxWorld({
    async before(called) {
      if (called !== 'import' || replaced) return;
      replaced = true;
      await world.put(csv(7, 8, 9));
    },
  });
  const ended = await world.run('import', await world.put(csv(1)));
  expect(ended).toMatchObject({ status: 'FAILED', error: 'Conflict', cause: expect.stringContaining('another file') });
  expect(await world.ids()).toBeUndefined();
  expect(await world.files()).toEqual({ inbox: [csv(7, 8, 9)], imported: [], rejected: [] });
});

test('an event of a version that is no longer the present one imports nothing', async () => {
  await using world = await inboxWorld();
  const old = await world.put(csv(1));
  const present = await world.put(csv(2));
  expect(await world.run('import', old)).toMatchObject({ status: 'FAILED', error: 'Conflict' });
  expect(await world.files()).toEqual({ inbox: [csv(2)], imported: [], rejected: [] });
  expect(await world.run('import', present)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.ids()).toEqual([2]);
  const again = await world.run('import', { ...present, table: 'public.t' });
  expect(again).toMatchObject({
    status: 'FAILED',
    error: 'NotFound',
    cause: expect.stringMatching(/import 1 took it in/),
  });
});

test('a file that will not do goes below rejected/, by the reason, and what stands in it is told nowhere', async () => {
  await using world = await inboxWorld();
  await world.dumps.source.sql('create table t (id int, title text not null)');
  const file = 'id,title\n1,ok\n2,fine\n3,good\nSECRET,x\n5,also ok\n';
  const ended = await world.run('import', { ...(await world.put(file)), header: 1 });
  expect(ended).toMatchObject({
    status: 'FAILED',
    error: 'TooManyRejects',
    cause: expect.stringMatching(/1 row .*line 5/),
  });
  expect(await world.ids()).toEqual([]);
  expect(await world.files()).toEqual({ inbox: [], imported: [], rejected: [file] });
  const { blobs } = await world.dumps.audit.store.list('rejected/');
  expect(await world.dumps.audit.store.tags(blobs[0]?.key ?? '')).toEqual({ 'datasens-refused': 'TooManyRejects' });
  const told = await world.everythingTold();
  expect(told).toContain('TooManyRejects');
  expect(told).not.toContain('SECRET');
});

test('what the server says of a row is told nowhere either', async () => {
  await using world = await inboxWorld();
  await world.dumps.source.sql(`
    create table t (id int, title text);
    create function refuse() returns trigger language plpgsql as $$
      begin raise exception using errcode = 'XX001', message = 'no: ' || new.title; end $$;
    create trigger refuse after insert on t for each row execute function refuse()`);
  const ended = await world.run('import', await world.put('id,title\n1,SECRET\n'));
  expect(ended).toMatchObject({ status: 'FAILED' });
  expect(await world.everythingTold()).not.toContain('SECRET');
});

test('a question that a file leaves open refuses it; without a table it is refused, too', async () => {
  await using world = await inboxWorld();
  const open = await world.run('import', await world.put('id,title\n1,ok\nx,y\n3,also ok\n', 'open.csv'));
  expect(open).toMatchObject({ status: 'FAILED', error: 'InvalidInput', cause: expect.stringContaining('--header') });
  const { table: _, ...input } = await world.put(csv(1), 'homeless.csv');
  const homeless = await world.run('import', input);
  expect(homeless).toMatchObject({ error: 'InvalidInput', cause: expect.stringContaining('inbox/SCHEMA.TABLE/') });
  expect(await world.files()).toEqual({
    inbox: [],
    imported: [],
    rejected: ['id,title\n1,ok\nx,y\n3,also ok\n', csv(1)],
  });
  expect(world.told).toHaveLength(2);
});

test('a file whose import may pass another time stays in the inbox', async () => {
  await using world = await inboxWorld();
  await world.dumps.source.sql('create table t (id int, title text)');
  const input = { ...(await world.put(csv(1))), lockTimeoutMs: 50 };
  for (let times = 0; times < 6; times += 1) world.faults.push({ functionName: 'import', error: 'Transient' });
  const failed = await world.run('import', input);
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Transient' });
  expect(await world.files()).toEqual({ inbox: [csv(1)], imported: [], rejected: [] });
  world.api.world.engine.redrive(failed.arn);
  expect(await world.ended(failed.arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.ids()).toEqual([1]);
});

test('rows are replaced by a file only where a dump of them was made and verified', async () => {
  await using world = await inboxWorld();
  await world.dumps.source.sql(`create table t (id int, title text); insert into t values (1, 'old')`);
  const input = { ...(await world.put(csv(2))), ifExists: 'replace' };
  world.faults.push({ functionName: 'verify', error: 'CorruptDump' });
  const failed = await world.run('import', input);
  expect(failed).toMatchObject({ status: 'FAILED' });
  expect(failed.cause).toContain('planned for verify');
  expect(world.called).not.toContain('import');
  expect(await world.ids()).toEqual([1]);
  expect(await world.files()).toEqual({ inbox: [csv(2)], imported: [], rejected: [] });

  world.api.world.engine.redrive(failed.arn);
  const again = await world.ended(failed.arn);
  expect(again).toMatchObject({ status: 'SUCCEEDED', output: { safetyDump: { dumpId: expect.any(Number) } } });
  expect(await world.ids()).toEqual([2]);
  const verified = world.called.lastIndexOf('verify');
  expect(verified).toBeLessThan(world.called.indexOf('import'));
  // What is to replace nothing needs no dump, as long as that is so.
  await world.dumps.source.sql('drop table t');
  const fresh = await world.run('import', { ...(await world.put(csv(3))), ifExists: 'replace' });
  expect(fresh).toMatchObject({ status: 'SUCCEEDED', output: { safetyDump: null } });
});

test('rows that somebody puts into a table which was not there when it was looked for are not replaced', async () => {
  let made = false;
  await using world = await inboxWorld({
    async before(called) {
      if (called !== 'import' || made) return;
      made = true;
      await world.dumps.source.sql(`create table t (id int, title text); insert into t values (7, 'late')`);
    },
  });
  const failed = await world.run('import', { ...(await world.put(csv(1))), ifExists: 'replace' });
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Transient' });
  expect(await world.ids()).toEqual([7]);
  world.api.world.engine.redrive(failed.arn);
  const again = await world.ended(failed.arn);
  expect(again).toMatchObject({ status: 'SUCCEEDED', output: { safetyDump: { dumpId: expect.any(Number) } } });
  expect(await world.ids()).toEqual([1]);
});

import { auditOn } from '@datasens/testkit/audit.ts';
import { afterLoss } from '@datasens/testkit/audit-story.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { type GuardWorld, guardWorld } from '@datasens/testkit/guard-world.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { expect, test } from 'vitest';
import { findStep, listOpenSteps } from '../audit/guarded-step.ts';
import { recordEvent } from '../audit/record-event.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import type { SourceDeps } from '../deps.ts';
import { runDump } from '../dump/run-dump.ts';
import { runImport } from '../import/run-import.ts';
import { openFileSource } from '../import/source/file-source.ts';
import { rebuild } from '../rebuild/rebuild.ts';
import type { RestoreRequest } from '../restore/restore-plan.ts';
import { runRestore } from '../restore/run-restore.ts';
import { endStep } from './end-step.ts';
import { releaseStep } from './release-step.ts';

const user = 'paul';
/** The advisory lock `target`, as audit/locks.ts has it. */
const TARGET = `${0x64_73_6e_73}, 4`;

const rows = async ({ target }: GuardWorld) =>
  (await target.sql<{ id: number }>('select id from t order by id')).map(({ id }) => Number(id));

/** The events of the journal by these names, in order. */
async function eventsOf({ audit }: GuardWorld, ...names: string[]): Promise<string[]> {
  const found = await audit.server.sql<{ event: string }>(
    `select evenement as event from t39_dump_evenement where evenement = any($1) order by seq`,
    [names],
  );
  return found.map(({ event }) => event);
}

const undo = ({ deps }: GuardWorld, dumpId: number, request: Partial<RestoreRequest>, by: Partial<SourceDeps> = {}) => {
  const over = { inPlace: true, clean: true, tables: ['public.t'] };
  return runRestore({ ...deps, ...by }, { dump: String(dumpId), into: 'default', user, ...over, ...request });
};

const later = (deps: SourceDeps, days: number): SourceDeps => ({
  ...deps,
  now: () => new Date(Date.now() + days * 86_400_000),
});

test('until it has ended nothing is imported into its tables, nor restored over them; into others it is', async () => {
  await using world = await guardWorld();
  const { deps, load } = world;
  const { dumpId } = (await runDump(deps, { user })).manifest;
  const { lease } = await world.begin('first');

  const refused = {
    name: 'Transient',
    message: expect.stringMatching(/"t".* step enrich until 20.* first is under way/),
  };
  for (const table of ['t', 't_1']) await expect(load('id\n3\n', { table })).rejects.toMatchObject(refused);
  await expect(undo(world, dumpId, { tables: [] })).rejects.toMatchObject(refused);
  await expect(world.begin('second')).rejects.toMatchObject(refused);
  expect(await eventsOf(world, 'RESTAURE', 'IMPORTE')).toEqual([]);
  await load('id\n3\n', { table: 'other' });
  await undo(world, dumpId, { tables: ['public.other'] });
  const { lease: elsewhere } = await world.begin('third', 'elsewhere');

  const end = () => endStep(deps, { lease, outcome: 'done', user });
  expect([await end(), await end()]).toEqual([{ ended: true }, { ended: false }]);
  await load('id\n3\n');
  expect(await rows(world)).toEqual([1, 2, 3]);
  await undo(world, dumpId, { tables: ['public.t'] });
  expect(await rows(world)).toEqual([1, 2]);
  expect((await listOpenSteps(deps.db)).map((step) => step.lease)).toEqual([elsewhere]);
});

test('it is not begun where its tables could not be restored, for something else hangs on them', async () => {
  await using world = await guardWorld();
  await world.target.sql(`create table o (id int primary key); alter table other add o int references o;
    create view seen as select id from t_1`);
  await expect(world.begin('it')).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringContaining('is not among them: view public.seen. Name'),
  });
  await world.target.sql('drop view seen; alter table other drop o');
  await world.target.sql('alter table t add unique (id); alter table other add t int references t (id)');
  await expect(world.begin('it')).rejects.toMatchObject({
    message: expect.stringContaining('table constraint other_t_fkey on public.other'),
  });
  expect(await eventsOf(world, 'COMMENCE')).toEqual([]);
});

test('partitions that come and go meanwhile belong to it, too', async () => {
  await using world = await guardWorld();
  await world.begin('it');
  await world.target.sql(
    `create table t_2 partition of t for values from (100) to (200); alter table t detach partition t_1`,
  );
  for (const table of ['t_1', 't_2']) {
    await expect(world.load('id\n150\n', { table })).rejects.toMatchObject({ name: 'Transient' });
  }
});

test('called again it begins once; a redrive takes the place of an attempt that called nothing, and nobody begins what has ended', async () => {
  await using world = await guardWorld();
  const { deps } = world;
  const begun = await world.begin('it');
  expect(await world.begin('it')).toEqual(begun);
  const again = await world.begin('it#1');
  expect(again.lease).toBeGreaterThan(begun.lease);
  expect(await findStep(deps.db, begun.lease)).toMatchObject({ ended: { outcome: 'not run' } });
  await expect(world.begin('it')).rejects.toMatchObject({ name: 'Conflict' });
  // Whoever was not told of its beginning ends it by its name.
  const uncalled = { lease: null, outcome: 'not run', user } as const;
  expect(await endStep({ ...deps, execution: 'other' }, uncalled)).toEqual({ ended: false });
  expect(await endStep({ ...deps, execution: 'it#1' }, uncalled)).toEqual({ ended: true });
  expect(await eventsOf(world, 'COMMENCE', 'TERMINE')).toEqual(['COMMENCE', 'TERMINE', 'COMMENCE', 'TERMINE']);
});

test('it begins when the imports that are under way have ended', async () => {
  await using world = await guardWorld();
  await using holder = await sqlSession(world.target.url, 'holder');
  await holder.sql('begin; lock table t in access exclusive mode');
  const importing = world.load('id\n3\n');
  const waits = (what: string) => async () =>
    (await world.target.sql(`select from pg_stat_activity where datname = current_database() and ${what}`)).length > 0;
  const isImporting = `exists (select from pg_locks l where l.pid = pg_stat_activity.pid and locktype = 'advisory' and objid = 4)`;
  await until(waits(isImporting));
  const beginning = world.begin('it');
  const tries = async () =>
    await world.target.sql<{ at: string }>(`select query_start::text as at from pg_stat_activity
      where datname = current_database() and application_name like 'datasens step enrich%' and query like '%try_advisory%'`);
  // Who tries again has waited.
  const waiting = until(async () => (await tries())[0]).then((first) =>
    until(async () => (await tries()).some(({ at }) => at !== first?.at)),
  );
  await Promise.race([waiting, beginning]);
  await holder.sql('rollback');
  const [{ importId }, { lease }] = await Promise.all([importing, beginning]);
  expect(await findStep(world.deps.db, lease)).toMatchObject({ lastImport: importId });
});

test('a restore that has waited for a step to begin is refused by it', async () => {
  await using world = await guardWorld();
  const { audit, target, deps } = world;
  const { dumpId } = (await runDump(deps, { user })).manifest;
  const { lease } = await world.begin('template');
  const template = await findStep(deps.db, lease);
  await endStep(deps, { lease, outcome: 'done', user });
  await using holder = await sqlSession(target.url, 'holder');
  await holder.sql(`select pg_advisory_lock(${TARGET})`);
  const restoring = undo(world, dumpId, {}).catch((error: unknown) => error);
  await until(async () => (await eventsOf(world, 'RESTAURE')).length > 0);
  // What whoever has the lock does before letting go of it.
  const { lease: _1, user: _2, begunAt: _3, owed: _4, ended: _5, ...detail } = template ?? expect.unreachable();
  await recordEvent(audit, { event: 'COMMENCE', user, detail: { ...detail, execution: 'it' } });
  await holder.sql(`select pg_advisory_unlock(${TARGET})`);
  expect(await restoring).toMatchObject({
    name: 'Transient',
    message: expect.stringMatching(/execution it is under way/),
  });
});

test('a restore undoes a step by what the journal says of it alone', async () => {
  await using world = await guardWorld();
  const { deps, target } = world;
  const early = await world.dump();
  const { lease } = await world.begin('it');
  const dumpId = await world.dump();
  await target.sql('delete from t');
  const refused = (message: RegExp) => ({ name: 'NotAllowed', message: expect.stringMatching(message) });
  await expect(undo(world, dumpId, { lease: 1 })).rejects.toMatchObject(refused(/event 1 .* has begun none/));
  await expect(undo(world, dumpId, { lease })).rejects.toMatchObject(refused(/has not failed/));
  await expect(world.fail('it', lease, early)).rejects.toMatchObject({ name: 'Conflict' });
  expect(await world.fail('it', lease, dumpId)).toEqual({ rollBack: 'automatic', because: [], approval: null });

  await expect(undo(world, early, { lease })).rejects.toMatchObject(refused(/is undone by dump/));
  await expect(undo(world, dumpId, { lease, tables: [] })).rejects.toMatchObject(refused(/other tables/));
  await expect(undo(world, dumpId, { lease, tables: [], intoSchema: 'copy', clean: false })).rejects.toMatchObject(
    refused(/other tables/),
  );
  await using copy = await testDatabase();
  await copy.sql('create table t (id int)');
  const away = { sources: new Map([...deps.sources, ['copy', { ...targetOf(deps), database: copy.name }]]) };
  await expect(undo(world, dumpId, { lease, into: 'copy' }, away)).rejects.toMatchObject(refused(/has tables of/));
  // Nor by its name: what holds for others holds for whoever does not say which step it undoes.
  await expect(undo(world, dumpId, {})).rejects.toMatchObject({ name: 'Transient' });
  expect(await rows(world)).toEqual([]);

  await undo(world, dumpId, { lease });
  expect(await rows(world)).toEqual([1, 2]);
  // Its own undoing is nobody else's write.
  expect(await world.fail('it#1', lease, dumpId)).toMatchObject({ rollBack: 'automatic' });
  await endStep(deps, { lease, outcome: 'rolled back', user });
  await expect(undo(world, dumpId, { lease })).rejects.toMatchObject(refused(/has ended: rolled back/));
  expect(await verifyJournal(deps)).toMatchObject({ ok: true, problems: [] });
});

function targetOf({ sources }: SourceDeps) {
  return sources.get('default') ?? expect.unreachable();
}

/** Imports by another audit than the world's, which knows nothing of its steps. */
async function importElsewhere(world: GuardWorld, content: string): Promise<void> {
  await using audit = await auditOn(await testDatabase());
  await using source = await openFileSource(await world.file(content));
  const deps = { ...world.deps, ...audit };
  await runImport(deps, { source, into: 'default', table: 't', ifExists: 'append', user: 'marie' });
}

test('what another audit imports meanwhile is not undone unasked, also where it comes after that was decided', async () => {
  await using world = await guardWorld();
  const { lease } = await world.begin('it');
  const dumpId = await world.dump();
  expect(await world.fail('it', lease, dumpId)).toMatchObject({ rollBack: 'automatic' });
  await importElsewhere(world, 'id\n3\n');
  await expect(undo(world, dumpId, { lease })).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(
      /not to be undone unasked any more: import \d+ of marie has written to public\.t since/,
    ),
  });
  expect(await world.fail('it#1', lease, dumpId)).toMatchObject({
    rollBack: 'approval',
    because: [expect.stringMatching(/import \d+ of marie/)],
    approval: { kind: 'step', rows: 2 },
  });
  // Nor is it then without an approval, though none of the tables is protected.
  await expect(undo(world, dumpId, { lease })).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(/this step into .* needs the approval of another person than paul/),
  });
  expect(await rows(world)).toEqual([1, 2, 3]);
});

test('its time over, others may write; what they did is told, and while they do it has to wait', async () => {
  await using world = await guardWorld();
  const { deps } = world;
  const { lease } = await world.begin('it');
  const dumpId = await world.dump();
  const now = later(deps, 8);
  const other = await world.begin('other', 'enrich', now);
  await expect(world.fail('it#1', lease, dumpId, now)).rejects.toMatchObject({
    name: 'Transient',
    message: expect.stringMatching(/execution other is under way/),
  });
  await endStep(now, { lease: other.lease, outcome: 'done', user });
  await undo(world, dumpId, {}, now);
  expect((await world.fail('it#1', lease, dumpId, now)).because).toEqual([
    expect.stringMatching(/to itself until 20.* alone/),
    `dump ${dumpId} was restored over them since it began`,
    'the step enrich of other has had them since it began',
  ]);
  await expect(undo(world, dumpId, { lease }, later(deps, 16))).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(/had its tables until 20/),
  });
  // It has them again, until another week is over.
  await expect(world.begin('late', 'enrich', later(deps, 14))).rejects.toMatchObject({ name: 'Transient' });
});

test('a hold that a person has ended is over, for whom and why is journalled, and nothing is undone after it', async () => {
  await using world = await guardWorld();
  const { deps } = world;
  const { lease } = await world.begin('it');
  const dumpId = await world.dump();
  await world.fail('it', lease, dumpId);
  const release = { execution: 'it', user: 'marie' };
  await expect(releaseStep(deps, { ...release, comment: ' ' })).rejects.toMatchObject({ name: 'InvalidInput' });
  await expect(releaseStep(deps, { ...release, execution: 'its', comment: 'x' })).rejects.toMatchObject({
    name: 'NotFound',
  });
  expect(await releaseStep(deps, { ...release, comment: 'mended by hand' })).toMatchObject({ lease, step: 'enrich' });
  expect(await findStep(deps.db, lease)).toMatchObject({
    ended: { outcome: 'released', user: 'marie', comment: 'mended by hand' },
  });
  await world.load('id\n3\n');
  expect(await world.fail('it#1', lease, dumpId)).toEqual({
    rollBack: 'none',
    because: ['it has its tables no more: released by marie (mended by hand)'],
    approval: null,
  });
  await expect(undo(world, dumpId, { lease })).rejects.toMatchObject({ name: 'NotAllowed' });
});

test('an audit that was rebuilt from its bucket knows what is under way, and what is owed', async () => {
  await using world = await guardWorld();
  await world.begin('there', 'elsewhere');
  const { lease } = await world.begin('it');
  await world.fail('it', lease, await world.dump());
  const known = await listOpenSteps(world.deps.db);
  expect(known.map(({ execution, owed }) => [execution, owed?.automatic])).toEqual([
    ['there', undefined],
    ['it', true],
  ]);
  await using audit = await afterLoss(world.audit);
  await rebuild(audit, { dryRun: false, despiteDamage: false, user });
  expect(await listOpenSteps(audit.db)).toEqual(known);
  const again = { ...world, deps: { ...world.deps, ...audit } };
  await expect(world.begin('other', 'enrich', again.deps)).rejects.toMatchObject({ name: 'Transient' });
});

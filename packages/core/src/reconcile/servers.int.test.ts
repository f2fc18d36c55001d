import { testAudit } from '@datasens/testkit/audit.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { importWorld } from '@datasens/testkit/import-world.ts';
import { reconcileDeps, runReconcile } from '@datasens/testkit/reconcile-world.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { expect, test } from 'vitest';
import { applyChange } from '../audit/change.ts';
import { entryChange, type ImportEntry } from '../audit/import-entry.ts';
import { readJournalId } from '../audit/ledger.ts';
import { migrateLedger } from '../audit/migrate.ts';
import { reserveDumpId } from '../audit/reserve-dump-id.ts';
import { lockTemporary, temporaryName } from '../audit/temporary-databases.ts';
import { verifyJournal } from '../audit/verify-journal.ts';
import { openSession } from '../postgres/session.ts';
import { parseDatabaseUrl } from '../postgres/target.ts';

const nowhere = parseDatabaseUrl('postgres://nobody@127.0.0.1:1/none', 'nowhere');

test('imports that were killed before the audit had them are recorded, from every ledger that is reached', async () => {
  await using audit = await testAudit();
  await using source = await testDatabase();
  await using plain = await testDatabase();
  const target = parseDatabaseUrl(source.url, 'source');
  await migrateLedger(target);
  await using session = await openSession(target, { applicationName: 'test' });
  const journal = await readJournalId(audit.db);
  const enter = async (importId: number, of: string) => {
    const entry: ImportEntry = {
      importId,
      dumpId: await reserveDumpId(audit.db),
      journal: of,
      audited: false,
      database: 'crm',
      schema: 'public',
      table: 't',
      sha256: 'ab'.repeat(32),
      rank: importId,
      sourceUri: 'file:///in.csv',
      sizeBytes: 10,
      mode: 'append',
      path: 'fast',
      created: true,
      rowsRead: 1,
      rowsInserted: 1,
      rowsUpdated: 0,
      rowsRejected: 0,
      rejectsUri: null,
      importedAt: '2026-11-01T10:00:00Z',
      user: 'claire',
      comment: null,
    };
    await applyChange(session, entryChange(entry));
    return entry.dumpId;
  };
  const ours = [await enter(1, journal), await enter(2, journal)];
  await enter(3, 'another audit');
  const rows = async () => (await audit.server.sql('select dump_id from t38_dump_audit order by 1')).length;
  const sources = new Map([
    ['crm', target],
    ['plain', parseDatabaseUrl(plain.url, 'plain')],
    ['gone', nowhere],
  ]);
  const deps = { ...reconcileDeps(audit), sources };

  const dry = await runReconcile(deps, { dryRun: true });
  expect(dry.kinds.import).toMatchObject({ count: 1, first: [{ name: '2 in the ledger of crm', outcome: 'planned' }] });
  expect(await rows()).toBe(0);
  const run = await runReconcile(deps);
  expect(run.kinds.import.first).toMatchObject([{ outcome: 'mended' }]);
  expect(run.warnings).toContainEqual(expect.stringMatching(/ledger of gone: cannot reach PostgreSQL/));
  expect(run.outcomes).toMatchObject({ failed: 0, look: 0 });
  const recorded = await audit.server.sql('select dump_id from t38_dump_audit order by 1');
  expect(recorded).toEqual(ours.map((dump_id) => ({ dump_id })));
  expect((await runReconcile(deps)).kinds.import.count).toBe(0);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true });
});

test('imports that a restore undid, killed before it said so, are journalled', async () => {
  await using world = await importWorld();
  await world.load('a,b\n1,x\n');
  await world.load('a,b\n2,y\n');
  // As a restore in place does in its own transaction.
  await world.target.sql(`update t40_import_registre set statut = 'ANNULE' where import_id = 2`);
  const deps = { ...reconcileDeps(world.audit), sources: new Map() };
  const dry = await runReconcile(deps, { dryRun: true });
  expect(dry.findings).toMatchObject([{ kind: 'undoing', outcome: 'planned' }]);
  const events = () =>
    world.audit.server.sql(
      `select utilisateur as user, changements::jsonb as changes from t39_dump_evenement where evenement = 'ANNULE'`,
    );
  expect(await events()).toEqual([]);
  expect((await runReconcile(deps, { user: 'paul' })).findings).toMatchObject([{ outcome: 'mended' }]);
  const change = { table: 't40_import_registre', op: 'update', row: { import_id: 2, statut: 'ANNULE' } };
  expect(await events()).toEqual([{ user: 'paul', changes: [change] }]);
  expect((await runReconcile(deps)).findings).toEqual([]);
  expect(await verifyJournal(world.audit)).toMatchObject({ ok: true });
});

test('temporary databases that no restore can finish are dropped; those at work, and those in use, are not', async () => {
  await using audit = await testAudit();
  await using server = await startServer();
  const admin = parseDatabaseUrl(server.url(), 'server');
  await using session = await openSession(admin, { applicationName: 'test' });
  const [left, atWork, inUse] = [
    temporaryName(1, '00c0ffee'),
    temporaryName(2, '00c0ffef'),
    temporaryName(3, '00c0fff0'),
  ] as const;
  await lockTemporary(session, '00c0ffef');
  for (const name of [left, atWork, inUse, 'datasens_restore_mine', 'crm'])
    await session.query(`create database ${name}`);
  const databases = async () =>
    (
      await session.query<{ name: string }>(`select datname as name from pg_database where datname ~ 'restore'`)
    ).rows.map(({ name }) => name);
  const deps = { ...reconcileDeps(audit), sources: new Map([['crm', parseDatabaseUrl(server.url('crm'), 'crm')]]) };
  {
    await using _ = await openSession(parseDatabaseUrl(server.url(inUse), 'user'), { applicationName: 'somebody' });
    const dry = await runReconcile(deps, { dryRun: true, scratch: nowhere });
    expect(dry.findings.map(({ outcome }) => outcome)).toEqual(['planned', 'planned']);
    expect(dry.warnings).toEqual([expect.stringMatching(/temporary databases at .*: cannot reach PostgreSQL/)]);
    expect(await databases()).toHaveLength(4);

    const run = await runReconcile(deps, { scratch: admin });
    expect(run.findings).toMatchObject([
      { kind: 'database', name: expect.stringContaining(left), outcome: 'mended' },
      { kind: 'database', name: expect.stringContaining(inUse), outcome: 'look' },
    ]);
  }
  expect(await databases()).toEqual(expect.arrayContaining([atWork, inUse, 'datasens_restore_mine']));
  expect((await runReconcile(deps)).findings).toMatchObject([{ outcome: 'mended' }]);
  expect((await databases()).toSorted()).toEqual([atWork, 'datasens_restore_mine']);
});

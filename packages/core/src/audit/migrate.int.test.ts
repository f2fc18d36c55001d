import { readFile } from 'node:fs/promises';
import { auditOn, newDump, testAudit } from '@datasens/testkit/audit.ts';
import { type TestDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { testRole } from '@datasens/testkit/role.ts';
import { schemaSql } from '@datasens/testkit/schema-sql.ts';
import { expect, test } from 'vitest';
import { isAppError } from '../errors.ts';
import { openSession } from '../postgres/session.ts';
import { parseDatabaseUrl } from '../postgres/target.ts';
import { listDumps } from './list-dumps.ts';
import { lockSession } from './locks.ts';
import { migrateAudit, migrateLedger } from './migrate.ts';
import { recordDump } from './record-dump.ts';
import { reserveDumpId } from './reserve-dump-id.ts';
import { verifyJournal } from './verify-journal.ts';

const LEDGER = '000003_t40_import_registre';
const MIGRATIONS = [
  '000001_t38_dump_audit',
  '000002_t39_dump_evenement',
  LEDGER,
  '000004_t39_execution',
  '000005_t41_approbation',
  '000006_t39_etape',
];
const targetOf = (url: string) => parseDatabaseUrl(url, 'test');
const migrate = (server: TestDatabase) => migrateAudit(targetOf(server.url));

/** What the seed's notebook leaves: another way to number, other limits, a column of its own, local times. */
const NOTEBOOK = `
  create table t38_dump_audit (
    dump_id serial primary key, type varchar(255) not null, chemin text not null unique, taille_mb float,
    date_creation timestamp default now(), utilisateur text, commentaire text, checksum_sha256 varchar(64),
    statut varchar(20) default 'ACTIF' check (statut in ('ACTIF', 'ARCHIVE', 'SUPPRIME')),
    date_expiration timestamp, minio_uri text, table_cible varchar(100), projet text);
  insert into t38_dump_audit (dump_id, type, chemin, taille_mb, date_creation)
  values (1, 'SQL', '/dumps/1.sql', 1.5, '2025-01-01'), (2, 'RAW', '/dumps/2', null, null),
         (40, 'SQL', '/dumps/40.sql', 2, now() + interval '14 hours');`;

test('the migrations make the committed schema', async () => {
  await using server = await testDatabase();
  expect(await migrate(server)).toEqual({ applied: MIGRATIONS });
  const committed = await readFile(new URL('../../../../migrations/schema.sql', import.meta.url), 'utf8');
  expect(await schemaSql(server.url), 'npm run schema rewrites migrations/schema.sql').toBe(committed);
});

test('a migrated database is recognised without waiting for a migrator', async () => {
  await using audit = await testAudit();
  await using other = await openSession(targetOf(audit.server.url), { applicationName: 'test' });
  await lockSession(other, 'migrate');
  expect(await migrate(audit.server)).toEqual({ applied: [] });
});

test('twenty migrators at once end in one schema, made once', async () => {
  await using server = await testDatabase();
  const results = await Promise.all(Array.from({ length: 20 }, () => migrate(server)));
  expect(results.flatMap(({ applied }) => applied)).toEqual(MIGRATIONS);
  expect(await server.sql('select count(*)::int as events from t39_dump_evenement')).toEqual([{ events: 1 }]);
});

test('a database that is imported into has the ledger alone, until it becomes an audit database', async () => {
  await using server = await testDatabase();
  expect(await migrateLedger(targetOf(server.url))).toEqual({ applied: [LEDGER] });
  expect(await server.sql(`select to_regclass('t38_dump_audit') as audit`)).toEqual([{ audit: null }]);
  expect(await migrateLedger(targetOf(server.url))).toEqual({ applied: [] });

  expect(await migrate(server)).toEqual({ applied: MIGRATIONS.filter((name) => name !== LEDGER) });
  expect(await migrate(server)).toEqual({ applied: [] });
  await using audit = await testAudit();
  expect(await migrateLedger(targetOf(audit.server.url))).toEqual({ applied: [] });
});

test("the notebook's table is adopted with its rows, and they are legacy whatever their date", async () => {
  await using audit = await testAudit({ before: NOTEBOOK });
  const { dumps } = await listDumps(audit.db, {}, { limit: 10 });
  expect(dumps.map(({ dumpId, legacy, sizeBytes }) => ({ dumpId, legacy, sizeBytes }))).toEqual([
    { dumpId: 40, legacy: true, sizeBytes: 2_097_152 },
    { dumpId: 1, legacy: true, sizeBytes: 1_572_864 },
    { dumpId: 2, legacy: true, sizeBytes: null },
  ]);

  const dump = newDump({ dumpId: await reserveDumpId(audit.db) });
  expect(dump.dumpId, 'past the rows that named their own id').toBe(41);
  await recordDump(audit, dump, {});
  const { dumps: after } = await listDumps(audit.db, {}, { limit: 10 });
  expect(after.find(({ dumpId }) => dumpId === 41)?.legacy).toBe(false);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true });
});

test('a table that cannot serve is refused with remedies that work', async () => {
  await using server = await testDatabase();
  await server.sql(`create table t38_dump_audit (dump_id int primary key, type varchar(10) not null, chemin text,
    taille_mb numeric, date_creation timestamptz, utilisateur varchar(50), commentaire text not null,
    checksum_sha256 char(64), statut varchar(20) check (statut in ('ACTIF')), date_expiration date, projet text not null)`);
  const refusal: unknown = await migrate(server).catch((error: unknown) => error);
  if (!isAppError(refusal, 'ConfigError')) throw refusal;
  const differences = refusal.details.differences as string[];
  expect(refusal.message).toContain(differences.map((difference) => `- ${difference}`).join('\n'));
  expect(await server.sql(`select to_regclass('t39_dump_evenement') as journal`)).toEqual([{ journal: null }]);

  for (const difference of differences) await server.sql(difference.slice(difference.indexOf(': ') + 2));
  expect(await migrate(server)).toEqual({ applied: MIGRATIONS });
});

test('a schema that is newer than this build is refused', async () => {
  await using audit = await testAudit();
  await audit.server.sql(`insert into datasens_migration (name, run_on) values ('000099_t99_demain', now())`);
  await expect(migrate(audit.server)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/000099_t99_demain.*Upgrade/),
  });
});

test('an audit that lost a table is refused, not begun anew', async () => {
  await using audit = await testAudit();
  await audit.server.sql('drop table t39_dump_evenement');
  await expect(migrate(audit.server)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/t39_dump_evenement/),
  });
  await audit.server.sql('drop table t38_dump_audit, t40_import_registre, t41_approbation, datasens_migration');
  expect(await migrate(audit.server)).toEqual({ applied: MIGRATIONS });
  await audit.server.sql('drop table datasens_migration');
  await expect(migrate(audit.server)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/datasens_migration/),
  });
});

test('the audit lives in the schema that is first in the search_path, and stays there', async () => {
  await using server = await testDatabase();
  const setPath = (path: string) => server.sql(`alter database ${server.name} set search_path = ${path}`);
  await server.sql('create schema gouvernance; create schema later');
  await setPath('gouvernance, public');
  await using audit = await auditOn(server);
  await recordDump(audit, newDump({ dumpId: await reserveDumpId(audit.db) }), {});
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: 2 });
  const tables = await server.sql(
    `select distinct schemaname from pg_tables where tablename ~ '^(t\\d\\d_|datasens_)'`,
  );
  expect(tables).toEqual([{ schemaname: 'gouvernance' }]);

  await setPath('later, gouvernance');
  expect(await migrate(server)).toEqual({ applied: [] });
  await setPath('missing');
  await expect(migrate(server)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/search_path/),
  });
});

test('a role without privileges is told the grant that it needs', async () => {
  await using server = await testDatabase();
  await using role = await testRole(server);
  await server.sql(`revoke create on schema public from public`);
  const migrateAsRole = () => migrateAudit(targetOf(role.url));
  const refused = (message: RegExp) =>
    expect(migrateAsRole()).rejects.toMatchObject({ name: 'NotAllowed', message: expect.stringMatching(message) });

  await refused(new RegExp(`grant create on schema public to ${role.name}`));
  await server.sql(`grant create on schema public to ${role.name}`);
  await server.sql(NOTEBOOK);
  await refused(/t38_dump_audit belongs to postgres/);
  await server.sql(`alter table t38_dump_audit owner to ${role.name}`);
  expect(await migrateAsRole()).toEqual({ applied: MIGRATIONS });
  await server.sql(`alter table datasens_migration owner to postgres`);
  await refused(/grant select on datasens_migration/);
});

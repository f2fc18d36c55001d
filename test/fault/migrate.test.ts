import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { migrationsFolder } from '@datasens/core/audit/migrations-folder.ts';
import { migrationNames } from '@datasens/core/postgres/migrate.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { expect, test } from 'vitest';

test('a migrator killed inside its transaction lets the lock go, and the next one converges', async () => {
  await using server = await testDatabase();
  const target = parseDatabaseUrl(server.url, 'test');
  await server.sql(`create table t38_dump_audit (dump_id serial primary key, type varchar(50) not null,
    chemin text not null unique, taille_mb float, date_creation timestamp, utilisateur varchar(100), commentaire text,
    checksum_sha256 varchar(64), statut varchar(20), date_expiration timestamp, minio_uri text,
    table_cible varchar(100)); insert into t38_dump_audit (type, chemin) values ('SQL', '/old.sql')`);
  await using reader = await openSession(target, { applicationName: 'reader' });
  await reader.query('begin; lock table t38_dump_audit in row exclusive mode');

  const child = spawn(process.execPath, [fileURLToPath(new URL('migrate.child.ts', import.meta.url)), server.url], {
    stdio: 'inherit',
  });
  const ended = once(child, 'exit');
  // Held up by the reader, with the migration table made and the first migration's statements under way.
  await expect.poll(() => locks(server, `locktype = 'relation' and not granted`), { timeout: 60_000 }).toBe(1);
  child.kill('SIGKILL');
  await ended;

  // The server ends the session by itself, while the table is still locked.
  await expect.poll(() => locks(server, `locktype = 'advisory'`), { timeout: 60_000 }).toBe(0);
  await reader.query('rollback');
  expect((await migrateAudit(target)).applied).toEqual(await migrationNames(migrationsFolder()));
  expect(await server.sql('select chemin from t38_dump_audit')).toEqual([{ chemin: '/old.sql' }]);
});

async function locks(server: Awaited<ReturnType<typeof testDatabase>>, condition: string): Promise<number> {
  const rows = await server.sql(
    `select 1 from pg_locks where ${condition} and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows.length;
}

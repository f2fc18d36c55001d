import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { schemaSql } from '@datasens/testkit/schema-sql.ts';
import { startServer } from '@datasens/testkit/server.ts';

/** Rewrites migrations/schema.sql: what the migrations make of an empty database. */
await using server = await startServer();
await migrateAudit(parseDatabaseUrl(server.url('postgres'), 'schema'));
const path = fileURLToPath(new URL('../migrations/schema.sql', import.meta.url));
await writeFile(path, await schemaSql(server.url('postgres')));
console.error(`wrote ${path}`);

/** Migrates the audit database at `node migrate.child.ts URL`. */
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';

await migrateAudit(parseDatabaseUrl(process.argv[2] ?? '', 'child'));

import { AUDIT_TABLES, MIGRATION_TABLE } from '../audit/tables.ts';

/** The audit may live in a source database. Dumps leave it out: a restore must not rewind it (design, section 4). */
export const NEVER_DUMPED = { tables: AUDIT_TABLES, marker: MIGRATION_TABLE } as const;

/** Where the applied migrations are recorded: `id`, `name`, `run_on` (UTC). */
export const MIGRATION_TABLE = 'datasens_migration';

/** What makes an import happen once. It stands in each database that is imported into. */
export const LEDGER_TABLE = 't40_import_registre';

/** What somebody wants to do to a protected table, and what another person says to it. */
export const APPROVAL_TABLE = 't41_approbation';

/** The tables that a migration creates is named for, in their order. Those of later migrations may not exist yet. */
export const GOVERNED_TABLES = [
  't38_dump_audit',
  't39_dump_evenement',
  LEDGER_TABLE,
  APPROVAL_TABLE,
  't42_effacement',
] as const;

/**
 * Every table of the audit. They may live in a source database: dumps leave them out and restores never touch them
 * (design, section 4).
 */
export const AUDIT_TABLES: readonly string[] = [...GOVERNED_TABLES, MIGRATION_TABLE];

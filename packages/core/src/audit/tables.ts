/** Where the applied migrations are recorded: `id`, `name`, `run_on` (UTC). */
export const MIGRATION_TABLE = 'datasens_migration';

/** The tables that a migration creates is named for, in their order. Those of later migrations may not exist yet. */
export const GOVERNED_TABLES = [
  't38_dump_audit',
  't39_dump_evenement',
  't40_import_registre',
  't41_approbation',
  't42_effacement',
] as const;

/**
 * Every table of the audit. They may live in a source database: dumps leave them out and restores never touch them
 * (design, section 4).
 */
export const AUDIT_TABLES: readonly string[] = [...GOVERNED_TABLES, MIGRATION_TABLE];

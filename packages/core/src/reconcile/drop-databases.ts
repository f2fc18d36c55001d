import { dropAbandonedDatabase, listAbandonedDatabases } from '../audit/temporary-databases.ts';
import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { openMaintenance } from '../postgres/restore-target.ts';
import { sqlState } from '../postgres/server-error.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { type Ending, type Findings, MENDED } from './finding.ts';

/** That somebody is connected to it, and that it is another role's. */
const REFUSALS = new Set(['55006', '42501']);

/**
 * Drops what killed restores left on the servers. PostgreSQL does not tell how old a database is, and no age is needed:
 * the session that holds its lock from before it exists is the one that would give it its name, so that without that
 * lock no restore can ever be done with it.
 */
export async function dropDatabases(deps: Deps, findings: Findings, targets: readonly DatabaseTarget[]): Promise<void> {
  const servers = new Map(targets.map((target) => [`${target.host}:${target.port}`, target]));
  for (const server of servers.values()) {
    try {
      await using session = await openMaintenance(server, 'datasens reconcile', deps.signal);
      for (const database of await listAbandonedDatabases(session)) {
        const name = `${database} at ${describeTarget(server)}`;
        await findings.mend({ kind: 'database', name }, { act: () => drop(database) });
      }

      async function drop(database: string): Promise<Ending> {
        try {
          await dropAbandonedDatabase(session, database);
          return MENDED;
        } catch (error) {
          if (!REFUSALS.has(sqlState(error) ?? '')) throw error;
          return { outcome: 'look', because: (error as Error).message };
        }
      }
    } catch (error) {
      deps.signal.throwIfAborted();
      if (!isAppError(error)) throw error;
      findings.warn(`nobody looked for temporary databases at ${describeTarget(server)}: ${error.message}`);
    }
  }
}

import type { WorkflowWorld } from '@datasens/testkit/workflow-world.ts';

/** The ECHEC events of an execution, in order: by what it failed, and for which dump. */
export async function failuresOf({ dumps }: WorkflowWorld, execution: string): Promise<[string, number | null][]> {
  const rows = await dumps.audit.server.sql<{ error: string; dumpId: number | null }>(
    `select detail::json #>> '{error,name}' as error, dump_id::int as "dumpId" from t39_dump_evenement
      where evenement = 'ECHEC' and detail::json ->> 'execution' = $1 order by seq`,
    [execution],
  );
  return rows.map(({ error, dumpId }) => [error, dumpId]);
}

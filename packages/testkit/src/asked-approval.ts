import { readExecution } from '@datasens/local/step-functions/journal/executions.ts';
import { until } from './eventually.ts';

import type { WorkflowWorld } from './workflow-world.ts';

/**
 * The number of the approval that an execution waits for, once whoever asks for it has returned for the `nth` time; 0
 * where it has ended without.
 */
export async function askedApproval(world: WorkflowWorld, arn: string, execution: string, nth = 1): Promise<number> {
  const { journal, history } = world.api.world;
  const isAsked = () =>
    world.statusOf(arn) !== 'RUNNING' ||
    history(readExecution(journal, arn)).filter(({ type }) => type === 'TaskSubmitted').length >= nth;
  await until(isAsked);
  const rows = await world.dumps.audit.server.sql<{ id: number }>(
    'select approbation_id::int as id from t41_approbation where execution = $1',
    [execution],
  );
  return rows[0]?.id ?? 0;
}

import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  RedriveExecutionCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ImportStart } from './import-of.ts';

/** How executions end whose file was refused (workflows/import.asl.json): there is nothing left to be taken up again. */
const FOR_GOOD: readonly string[] = ['InvalidInput', 'TooManyRejects', 'Conflict'];

/**
 * Starts an execution, or finds that it was started: then one that came to an end which need not be its last is redriven.
 * One that somebody has stopped stays so. Throws what the SDK throws.
 */
export async function startOnce(
  client: SFNClient,
  stateMachineArn: string,
  { name, input }: ImportStart,
  abortSignal: AbortSignal,
): Promise<'started' | 'known' | 'redriven'> {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn, name, input }), { abortSignal });
    return 'started';
  } catch (error) {
    if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
  }
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const describe = () => client.send(new DescribeExecutionCommand({ executionArn }), { abortSignal });
  if (!mayPass(await describe())) return 'known';
  try {
    await client.send(new RedriveExecutionCommand({ executionArn }), { abortSignal });
    return 'redriven';
  } catch (error) {
    // Who was told of the same event may have been first.
    if (isNamed(error, 'ExecutionNotRedrivable') && !mayPass(await describe())) return 'known';
    throw error;
  }
}

function mayPass({ status, error = '' }: DescribeExecutionCommandOutput): boolean {
  return status === 'TIMED_OUT' || (status === 'FAILED' && !FOR_GOOD.includes(error));
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

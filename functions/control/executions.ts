import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { clientSettings } from '@datasens/core/workflow/client-settings.ts';
import { explain } from './explain.ts';
import { machineOf, machinesOf } from './machines.ts';

/** An execution, as it is told to whoever asks; its input, which may hold the URL of a database, is not. */
interface ExecutionState {
  readonly workflow: string;
  readonly name: string;
  readonly executionArn: string;
  readonly status: string;
  /** This, and `stoppedAt`: ISO 8601 UTC. */
  readonly startedAt: string | null;
  readonly stoppedAt: string | null;
}

interface Ended {
  /** JSON that the workflow has come to; null where it has not. */
  readonly output: unknown;
  readonly error: string | null;
  readonly cause: string | null;
}

export interface Executions extends Disposable {
  /** Starts an execution; the same name and input while it runs are the same execution. Throws `Conflict` for a name that is taken. */
  start(
    workflow: string,
    name: string,
    input: object,
  ): Promise<Pick<ExecutionState, 'workflow' | 'name' | 'executionArn'>>;
  /** Throws `NotFound`. */
  describe(workflow: string, name: string): Promise<ExecutionState & Ended>;
  /** Newest first. */
  list(
    workflow: string,
    page: ListRequest,
  ): Promise<{ readonly executions: ExecutionState[]; readonly cursor: string | null }>;
}

interface ListRequest {
  readonly status?: ExecutionStatus | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** API reference of Step Functions, ListExecutions. */
export const EXECUTION_STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/**
 * The executions of the workflows that the environment names, at the endpoint that it names. All of it throws `NotFound` for
 * another workflow, and what `explain` makes of errors.
 */
export function openExecutions(env: NodeJS.ProcessEnv, abortSignal: AbortSignal): Executions {
  const machines = machinesOf(env);
  const client = new SFNClient(clientSettings(env));
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      abortSignal.throwIfAborted();
      throw explain(error);
    }
  };
  return {
    async start(workflow, name, input) {
      const stateMachineArn = machineOf(machines, workflow);
      const start = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      const { executionArn = '' } = await explained(client.send(start, { abortSignal }));
      return { workflow, name, executionArn };
    },
    async describe(workflow, name) {
      const executionArn = `${machineOf(machines, workflow).replace(':stateMachine:', ':execution:')}:${name}`;
      const describe = new DescribeExecutionCommand({ executionArn });
      const found = await explained(client.send(describe, { abortSignal }));
      const { output, error = null, cause = null } = found;
      return { ...stateOf(workflow, found), output: output === undefined ? null : JSON.parse(output), error, cause };
    },
    async list(workflow, { status, limit, cursor }) {
      const list = new ListExecutionsCommand({
        stateMachineArn: machineOf(machines, workflow),
        statusFilter: status,
        maxResults: limit,
        nextToken: cursor,
      });
      const { executions = [], nextToken = null } = await explained(client.send(list, { abortSignal }));
      return { executions: executions.map((execution) => stateOf(workflow, execution)), cursor: nextToken };
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

/** As Step Functions tells it, alone and in a list. */
interface Told {
  readonly name?: string | undefined;
  readonly executionArn?: string | undefined;
  readonly status?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly stopDate?: Date | undefined;
}

function stateOf(workflow: string, told: Told): ExecutionState {
  const { name = '', executionArn = '', status = '', startDate, stopDate } = told;
  const startedAt = startDate?.toISOString() ?? null;
  return { workflow, name, executionArn, status, startedAt, stoppedAt: stopDate?.toISOString() ?? null };
}

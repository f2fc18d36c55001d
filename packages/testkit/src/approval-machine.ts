import { vi } from 'vitest';
import { approvalRequest } from './approval-world.ts';
import { askedApproval } from './asked-approval.ts';
import { type WorkflowWorldOptions, workflowWorld } from './workflow-world.ts';

const NAME = 'approval';

/** The one state that a workflow waits in, as docs/approvals.md has it, and what the execution comes to. */
function machineOf() {
  const { expiresInMs: _, user, ...request } = approvalRequest();
  const Ask = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: {
      FunctionName: 'approval',
      Payload: {
        ...request,
        user,
        token: '{% $states.context.Task.Token %}',
        execution: '{% $states.context.Execution.Name %}',
      },
    },
    TimeoutSeconds: 262_800,
    Retry: [{ ErrorEquals: ['Transient'], IntervalSeconds: 1, MaxAttempts: 3 }],
    End: true,
  };
  return { QueryLanguage: 'JSONata', StartAt: 'Ask', States: { Ask } };
}

/** A `workflowWorld` with a workflow that waits for approval, and whoever decides in this process answers it. */
export async function approvalMachine(options: WorkflowWorldOptions = {}) {
  const world = await workflowWorld(options);
  world.api.world.create(NAME, machineOf());
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', world.api.url);
  return {
    world,
    audit: world.dumps.audit,
    /** Starts an execution, and gives the number of its approval once whoever asks for it has returned. */
    async ask(execution: string): Promise<{ readonly arn: string; readonly approvalId: number }> {
      const arn = world.start(NAME, {}, execution);
      return { arn, approvalId: await askedApproval(world, arn, execution) };
    },
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      await world[Symbol.asyncDispose]();
    },
  };
}

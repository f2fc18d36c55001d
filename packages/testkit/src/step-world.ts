import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import type { Json, JsonObject } from '@datasens/local/step-functions/json.ts';
import { StateError } from '@datasens/local/step-functions/state-error.ts';
import { vi } from 'vitest';
import { askedApproval } from './asked-approval.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type WorkflowWorld, type WorkflowWorldOptions, workflowWorld } from './workflow-world.ts';

/** What the function `etl` does; it is given what the workflow passes on. */
export type Etl = (payload: JsonObject, world: WorkflowWorld) => Promise<Json>;

export interface StepWorld extends WorkflowWorld {
  /** What `etl` was called with, in order. */
  readonly payloads: JsonObject[];
  /** What it does from now on. */
  does(etl: Etl): void;
  /** Starts the step, and gives the approval that its undoing then waits for; of an attempt, where it is not the first. */
  ask(name: string, input?: JsonObject): Promise<{ readonly arn: string; readonly approvalId: number }>;
  decide(approvalId: number, decision: 'approved' | 'rejected'): Promise<unknown>;
}

/** A world whose configuration has these steps: each that names no state machine is the function `etl`. */
export async function stepWorld(
  steps: Readonly<Record<string, JsonObject>>,
  etl: Etl,
  options: WorkflowWorldOptions = {},
): Promise<StepWorld> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await temporaryFolder());
  const DATASENS_STEPS = join(folder.path, 'steps.json');
  const rules = Object.entries(steps).map(([name, rule]) => [
    name,
    { ...('machine' in rule ? {} : { function: 'etl' }), ...rule },
  ]);
  await writeFile(DATASENS_STEPS, JSON.stringify({ steps: Object.fromEntries(rules) }));
  const payloads: JsonObject[] = [];
  let doing = etl;
  const world: WorkflowWorld = opening.use(
    await workflowWorld({
      ...options,
      environment: { ...options.environment, DATASENS_STEPS },
      others: {
        etl: async (payload) => {
          payloads.push(payload);
          return await doing(payload, world);
        },
      },
    }),
  );
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', world.api.url);
  opening.defer(() => void vi.unstubAllEnvs());
  const opened = opening.move();
  return Object.assign(world, {
    payloads,
    does(next: Etl) {
      doing = next;
    },
    async ask(name: string, input: JsonObject = {}) {
      const arn = world.start('guarded-step', { user: 'paul', step: 'enrich', ...input }, name);
      // The dump before the step was waited for in the same way.
      return { arn, approvalId: await askedApproval(world, arn, name, 2) };
    },
    decide: (approvalId: number, decision: 'approved' | 'rejected') =>
      decideApproval(world.dumps.audit, { approvalId, decision, user: 'claire', comment: 'the quarter is closed' }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  });
}

/** Fails as a function does. */
export function failing(message = 'the model is broken', name = 'ModelError'): never {
  throw new StateError(name, JSON.stringify({ errorType: name, errorMessage: message }));
}

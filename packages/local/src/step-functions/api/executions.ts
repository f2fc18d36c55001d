import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import { expectExecutionArn, expectMachineArn, expectName } from '../arns.ts';
import { isPayload } from '../engine/payload.ts';
import { whyNotRedrivable } from '../engine/redrivable.ts';
import { type Execution, listExecutions as listRows, readExecution } from '../journal/executions.ts';
import { findMachine, readMachine } from '../journal/state-machines.ts';
import type { JsonObject } from '../json.ts';
import { operation, toSeconds } from './operation.ts';
import { PAGE, page } from './page.ts';

const byArn = { executionArn: z.string() };
const why = { error: z.string().max(256).optional(), cause: z.string().max(32_768).optional() };

/** API reference, StartExecution: the same name and input while it runs is the same execution. */
export const startExecution = operation(
  z.strictObject({ stateMachineArn: z.string(), name: z.string().optional(), input: z.string().default('{}') }),
  ({ engine }, { stateMachineArn, name = randomUUID(), input }) => {
    expectMachineArn(stateMachineArn);
    expectName(name);
    if (!isJson(input)) throw new ApiError('InvalidExecutionInput', 'Invalid State Machine Execution Input: not JSON');
    if (!isPayload(input)) {
      throw new ApiError('InvalidExecutionInput', 'Invalid State Machine Execution Input: more than 262144 bytes');
    }
    const { arn, startedAt } = engine.start({ machineArn: stateMachineArn, name, input });
    return { executionArn: arn, startDate: toSeconds(startedAt) };
  },
);

/** API reference, DescribeExecution. */
export const describeExecution = operation(z.strictObject(byArn), ({ journal, clock }, { executionArn }) => {
  expectExecutionArn(executionArn);
  const execution = readExecution(journal, executionArn);
  const { arn, machineArn, name, status, startedAt, input, output, error, cause, redrives } = execution;
  const redriveStatusReason = whyNotRedrivable(execution, findMachine(journal, machineArn), clock.now());
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: toSeconds(startedAt),
    ...dates(execution),
    input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    redriveCount: redrives,
    ...(redriveStatusReason === undefined
      ? { redriveStatus: 'REDRIVABLE' }
      : { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason }),
  };
});

/** API reference, ListExecutions: newest first. */
export const listExecutions = operation(
  z.strictObject({
    ...PAGE,
    stateMachineArn: z.string(),
    statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']).optional(),
  }),
  ({ journal }, { stateMachineArn, statusFilter: status, ...request }) => {
    expectMachineArn(stateMachineArn);
    readMachine(journal, stateMachineArn);
    const list = (before: number | undefined, limit: number) =>
      listRows(journal, { machineArn: stateMachineArn, status, before, limit });
    const { items, ...rest } = page(request, `executions ${stateMachineArn} ${status}`, list, ({ id }) => id);
    const executions = items.map((item) => ({
      executionArn: item.arn,
      stateMachineArn: item.machineArn,
      name: item.name,
      status: item.status,
      startDate: toSeconds(item.startedAt),
      ...dates(item),
      redriveCount: item.redrives,
    }));
    return { executions, ...rest };
  },
);

/** API reference, StopExecution. */
export const stopExecution = operation(
  z.strictObject({ ...byArn, ...why }),
  ({ engine }, { executionArn, error, cause }) => {
    expectExecutionArn(executionArn);
    const { stoppedAt = 0 } = engine.stop(executionArn, { error, cause });
    return { stopDate: toSeconds(stoppedAt) };
  },
);

/** API reference, RedriveExecution. */
export const redriveExecution = operation(
  z.strictObject({ ...byArn, clientToken: z.string().min(1).max(64).optional() }),
  ({ engine }, { executionArn, clientToken }) => {
    expectExecutionArn(executionArn);
    const { redrivenAt = 0 } = engine.redrive(executionArn, clientToken);
    return { redriveDate: toSeconds(redrivenAt) };
  },
);

function dates({ stoppedAt, redrivenAt }: Pick<Execution, 'stoppedAt' | 'redrivenAt'>): JsonObject {
  return {
    ...(stoppedAt === undefined ? {} : { stopDate: toSeconds(stoppedAt) }),
    ...(redrivenAt === undefined ? {} : { redriveDate: toSeconds(redrivenAt) }),
  };
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

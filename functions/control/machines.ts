import { AppError } from '@datasens/core/errors.ts';
import * as z from 'zod';

/** ARNs by the names of workflows. */
const Machines = z.record(z.string(), z.string().startsWith('arn:'));
export type Machines = ReadonlyMap<string, string>;

/**
 * The workflows that may be started from outside, which `WORKFLOW_MACHINE_ARNS` names: whoever calls says names, and never
 * ARNs. Throws `ConfigError`.
 */
export function machinesOf(env: NodeJS.ProcessEnv): Machines {
  const { success, data = {} } = Machines.safeParse(parse(env.WORKFLOW_MACHINE_ARNS ?? ''));
  if (success) return new Map(Object.entries(data));
  throw new AppError('ConfigError', 'WORKFLOW_MACHINE_ARNS: expected JSON: {"dump": "arn:aws:states:…", …}');
}

/** Throws `NotFound` with the names that there are. */
export function machineOf(machines: Machines, workflow: string): string {
  const arn = machines.get(workflow);
  if (arn !== undefined) return arn;
  const names = [...machines.keys()].sort().join(', ');
  throw new AppError('NotFound', `there is no workflow ${JSON.stringify(workflow)}, but ${names}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

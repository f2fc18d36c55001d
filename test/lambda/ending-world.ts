import { readExecution } from '@datasens/local/step-functions/journal/executions.ts';
import { until } from '@datasens/testkit/eventually.ts';
import type { FunctionSettings } from '@datasens/testkit/lambda/functions.ts';
import { type LambdaWorld, lambdaWorld } from '@datasens/testkit/lambda/lambda-world.ts';
import { type S3Operation, type S3Proxy, s3Proxy, type WireFault } from '@datasens/testkit/s3-proxy.ts';
import { sharedS3Server } from '@datasens/testkit/s3-servers.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { expect } from 'vitest';

/** How Lambda ends a call, and the name by which the state machine learns of it. */
export const ENDINGS = [
  { why: 'its time is over', end: 'expire', error: 'Sandbox.Timedout' },
  { why: 'it takes too much memory', end: 'exhaust', error: 'Runtime.ExitError' },
] as const;

export type Ending = (typeof ENDINGS)[number]['end'];

export interface EndingWorld extends LambdaWorld {
  /** What a function next asks the bucket for, by this operation, has a fault. */
  fault(functionName: string, operation: S3Operation, fault: WireFault): void;
}

/** A world whose bucket has faults, and in which these functions have their own settings. */
export async function endingWorld(settings: Readonly<Record<string, FunctionSettings>>): Promise<EndingWorld> {
  const due: { functionName: string; operation: S3Operation; fault: WireFault }[] = [];
  await using opening = new AsyncDisposableStack();
  const proxy: S3Proxy = opening.use(
    await s3Proxy(sharedS3Server().endpoint, (asked) => {
      const isMeant = due[0]?.operation === asked && due[0].functionName === world.called.at(-1);
      return isMeant ? due.shift()?.fault : undefined;
    }),
  );
  const world: LambdaWorld = opening.use(await lambdaWorld({ environment: { S3_ENDPOINT: proxy.endpoint }, settings }));
  const opened = opening.move();
  return {
    ...world,
    fault: (functionName, operation, fault) => void due.push({ functionName, operation, fault }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Ends the call of a function while it waits for what `lock` has taken, and lets go of that. */
export async function endWhileLocked(
  world: LambdaWorld,
  { functionName, lock, end }: { readonly functionName: string; readonly lock: string; readonly end: Ending },
): Promise<void> {
  const { source } = world.dumps;
  await using holder = await sqlSession(source.url, 'somebody else');
  await holder.sql(`begin; ${lock}`);
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const environment = await world.lambda.busy(functionName);
  await until(async () => (await source.sql(waiting)).length > 0);
  await environment[end]();
}

/** Expects that the function was ended so, and that a task did what it had not done. */
export async function expectKilled(
  world: LambdaWorld,
  arn: string,
  functionName: string,
  error: string,
): Promise<void> {
  // Where nobody overdrew its time, nobody but the system has killed it.
  expect(await world.lambda.last(functionName).container.ended).toEqual({ code: 137 });
  expectFallOver(world, arn, functionName, error);
}

/** Expects that the function of an execution failed once, so, and that a task did what it had not done. */
export function expectFallOver(world: LambdaWorld, arn: string, functionName: string, error: string): void {
  const { journal, history } = world.api.world;
  const failed = history(readExecution(journal, arn)).filter(({ type }) => type === 'TaskFailed');
  expect(failed.map(({ details }) => details)).toEqual([expect.objectContaining({ error })]);
  const at = world.called.lastIndexOf(functionName);
  expect(world.called.slice(at, at + 2)).toEqual([functionName, `${functionName} as task`]);
}

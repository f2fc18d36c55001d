import { deadlineIn } from '../../clock.ts';
import { FIELD_NUMBERS } from '../../definition/schema.ts';
import type { WaitState } from '../../definition/state-machine.ts';
import { untilDue } from '../deadline.ts';
import { type Exit, leaveBy } from '../outcome.ts';
import { record } from '../record.ts';
import { expectNumber, unexpectedResult } from '../result-type.ts';
import { evaluate, type Scope } from '../scope.ts';

/** Specification, "Wait State". When it is over is on disk before it is waited for. */
export async function runWait(scope: Scope, state: WaitState): Promise<Exit> {
  const { clock } = scope.run.deps;
  let { waitUntil } = scope.position.progress;
  if (!waitUntil) {
    waitUntil = deadlineIn(clock, await waitMs(scope, state));
    await record(scope, { position: { progress: { waitUntil } } });
  }
  await untilDue(scope, waitUntil);
  return await leaveBy(scope, state, { next: state.Next, output: scope.position.input });
}

async function waitMs(scope: Scope, { Seconds, Timestamp }: WaitState): Promise<number> {
  const values = await evaluate(scope, { Seconds, Timestamp });
  const seconds = expectNumber(scope, 'Seconds', Seconds, values.Seconds, FIELD_NUMBERS.Seconds);
  if (seconds !== undefined) return seconds * 1_000;
  const at = typeof values.Timestamp === 'string' ? Date.parse(values.Timestamp) : Number.NaN;
  if (Number.isNaN(at)) throw unexpectedResult(scope, 'Timestamp', Timestamp ?? null, 'timestamp', values.Timestamp);
  return Math.max(0, at - scope.run.deps.clock.now());
}

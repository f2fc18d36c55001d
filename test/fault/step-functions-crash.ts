import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executionArn, machineArn } from '@datasens/local/step-functions/arns.ts';
import type { Clock } from '@datasens/local/step-functions/clock.ts';
import { type Execution, findExecution } from '@datasens/local/step-functions/journal/executions.ts';
import { type Journal, openJournal } from '@datasens/local/step-functions/journal/journal.ts';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import {
  askState,
  callState,
  functionState,
  innerStates,
  machine,
  stepFunctionsWorld,
} from '@datasens/testkit/step-functions-world.ts';

const JOURNAL = 'journal.sqlite';
const payload = '{% $states.result.Payload %}';
const DEFINITION = machine({
  Set: { Type: 'Pass', Assign: { factor: 10 }, Next: 'Each' },
  Each: {
    Type: 'Map',
    MaxConcurrency: 1,
    ItemProcessor: innerStates({
      First: callState('first', { Output: payload, Next: 'Second' }),
      Second: functionState('arn:aws:lambda:us-east-1:000000000000:function:second', {
        Output: '{% $states.result * $factor %}',
        End: true,
      }),
    }),
    Next: 'Both',
  },
  Both: {
    Type: 'Parallel',
    Branches: [
      innerStates({
        Flaky: callState('flaky', {
          Arguments: { FunctionName: 'flaky', Payload: '{% $states.context.State.RetryCount %}' },
          Retry: [{ ErrorEquals: ['Transient'] }],
          Output: payload,
          End: true,
        }),
      }),
    ],
    Output: '{% $append($states.input, $states.result) %}',
    Next: 'Wait',
  },
  Wait: { Type: 'Wait', Seconds: 60, Next: 'Ask' },
  Ask: askState('ask', { Output: '{% $append($states.input, $states.result) %}', End: true }),
});

/** The calls that the functions have had, over all processes: one a line. */
export function callsIn(folder: string): string[] {
  const path = join(folder, 'calls');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

/** How many of those calls the journal knows to be over; read while no host has it. */
export function callsOver(folder: string): number {
  using journal = openJournal(join(folder, JOURNAL));
  const over = journal.all(
    `select case when details like '%waitForTaskToken%' then 0 else id end as call
     from event where type in ('TaskSucceeded', 'TaskFailed', 'TaskSubmitted', 'LambdaFunctionSucceeded')
     union select 0 from token where status = 'answered'`,
  );
  return over.length;
}

/** What it all comes to, however often it was killed on the way. */
export const EXPECTED = [20, 30, 'steady', 'approved'];
export const EXPECTED_CALLS = ['first 1', 'second 2', 'first 2', 'second 3', 'flaky', 'flaky', 'ask'];

/** A host of this machine on the journal in a folder, for which time passes at once. */
export async function crashWorld(folder: string, wrap: (journal: Journal) => Journal = (journal) => journal) {
  const called = (line: string) => appendFileSync(join(folder, 'calls'), `${line}\n`);
  const clock: Clock = {
    now: Date.now,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
  };
  const functions = {
    first(n: unknown) {
      called(`first ${n}`);
      return (n as number) + 1;
    },
    second(n: unknown) {
      called(`second ${n}`);
      return n;
    },
    flaky(retries: unknown) {
      called('flaky');
      if (retries === 1) return 'steady';
      throw Object.assign(new Error('once'), { name: 'Transient' });
    },
    ask(asked: unknown) {
      const { token } = asked as JsonObject;
      called(`ask ${token}`);
      world.engine.answer(String(token), { output: 'approved' });
    },
  };
  const world = await stepFunctionsWorld({ path: join(folder, JOURNAL), wrap, clock, functions });
  return {
    ...world,
    /** Starts the execution, if that was not done before, and waits for its end. */
    async finish(): Promise<Execution> {
      const arn = executionArn(machineArn('machine-1'), 'run-1');
      const found = findExecution(world.journal, arn) ?? world.start(DEFINITION, [1, 2]);
      return await world.ended(found);
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

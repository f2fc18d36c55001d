import { eventually } from '@datasens/testkit/eventually.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { callState, functionState, machine, stepFunctionsWorld } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';

const ARN = 'arn:aws:lambda:eu-west-3:111122223333:function:work';
const output = ({ output: text }: { output: string | undefined }) =>
  text === undefined ? undefined : JSON.parse(text);

test('a function that is named by its ARN is given the input, or the arguments, and its result is the task\u2019s', async () => {
  await using world = await stepFunctionsWorld({ functions: { work: (given) => ({ given }) } });
  const ended = await world.run(
    machine({
      Plain: functionState(ARN, { Next: 'Chosen' }),
      Chosen: functionState(`${ARN}:live`, { Arguments: { of: '{% $states.input.given %}' }, Next: 'Kept' }),
      Kept: functionState(`${ARN}:$LATEST`, {
        Arguments: '{% [1, 2] %}',
        Assign: { before: '{% $states.input %}' },
        Output: '{% $states.result.given %}',
        Next: 'Both',
      }),
      Both: { Type: 'Pass', Output: '{% {"before": $before, "kept": $states.input} %}', End: true },
    }),
    'in',
  );
  expect(output(ended)).toEqual({ before: { given: { of: 'in' } }, kept: [1, 2] });
});

test('it has AWS\u2019s events of a function, with their details', async () => {
  const functions = {
    work(retries: unknown) {
      if (retries === 0) throw Object.assign(new Error('it broke'), { name: 'Transient' });
    },
  };
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock, functions });
  const Retry = [{ ErrorEquals: ['Transient'] }];
  const Arguments = '{% $states.context.State.RetryCount %}';
  const started = world.start(
    machine({ Work: functionState(ARN, { Arguments, TimeoutSeconds: 9, Retry, End: true }) }),
  );
  await eventually(() => expect(clock.waits()).toEqual([1_000]));
  clock.pass(1_000);
  expect(output(await world.ended(started))).toBeNull();
  const events = world.history(started).slice(2, -2);
  expect(events.map(({ type, details = {} }) => ({ type, ...details }))).toEqual([
    {
      type: 'LambdaFunctionScheduled',
      resource: ARN,
      input: '0',
      inputDetails: { truncated: false },
      timeoutInSeconds: 9,
    },
    { type: 'LambdaFunctionStarted' },
    {
      type: 'LambdaFunctionFailed',
      error: 'Transient',
      cause: expect.stringContaining('"errorMessage":"it broke"'),
    },
    expect.objectContaining({ type: 'LambdaFunctionScheduled', input: '1' }),
    { type: 'LambdaFunctionStarted' },
    { type: 'LambdaFunctionSucceeded', output: 'null', outputDetails: { truncated: false } },
  ]);
});

test('one that hangs is States.Timeout, and LambdaFunctionTimedOut in the history', async () => {
  const clock = manualClock();
  const never = () => Promise.withResolvers<never>().promise;
  await using world = await stepFunctionsWorld({ clock, functions: { work: never } });
  const started = world.start(machine({ Work: functionState(ARN, { TimeoutSeconds: 30, End: true }) }));
  await eventually(() => expect(clock.waits()).toEqual([30_000]));
  clock.pass(30_000);
  expect(await world.ended(started)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  const late = world.history(started).find(({ type }) => type === 'LambdaFunctionTimedOut');
  expect(late?.details).toEqual({ error: 'States.Timeout' });
});

test('one that returns more than may pass fails by name', async () => {
  await using world = await stepFunctionsWorld({ functions: { work: () => 'x'.repeat(262_144) } });
  expect(await world.run(machine({ Work: functionState(ARN, { End: true }) }))).toMatchObject({
    error: 'States.DataLimitExceeded',
    cause: expect.stringContaining(ARN),
  });
});

test('one that a restart cuts off is called again, and begins but once in the history', async () => {
  let hangs = true;
  const functions = { work: () => (hangs ? Promise.withResolvers<never>().promise : 'done') };
  await using world = await stepFunctionsWorld({ functions });
  const started = world.start(machine({ Work: functionState(ARN, { End: true }) }));
  await eventually(() => expect(world.calls).toHaveLength(1));
  hangs = false;
  await world.restart();
  expect(output(await world.ended(started))).toBe('done');
  expect(world.calls).toHaveLength(2);
  expect(world.history(started).filter(({ type }) => type === 'LambdaFunctionScheduled')).toHaveLength(1);
});

test.for([
  'work',
  'work:live',
  'work:$LATEST',
  ARN,
  `${ARN}:live`,
  `${ARN}:$LATEST`,
  'arn:aws-cn:lambda:cn-north-1:111122223333:function:work:7',
  '111122223333:function:work',
  '111122223333:function:work:live',
])('lambda:invoke of %s reaches the function of that name', async (FunctionName) => {
  await using world = await stepFunctionsWorld({ functions: { work: () => 'reached' } });
  const Arguments = { FunctionName, Payload: {} };
  const ended = await world.run(machine({ Work: callState('', { Arguments, End: true }) }));
  expect(output(ended)).toMatchObject({ Payload: 'reached' });
});

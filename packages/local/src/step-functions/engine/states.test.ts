import { eventually } from '@datasens/testkit/eventually.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import {
  askState,
  callState,
  innerStates,
  machine,
  stepFunctionsWorld,
} from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';

const output = ({ output: text }: { output: string | undefined }) =>
  text === undefined ? undefined : JSON.parse(text);

test('Pass hands its input on, or what Output makes of it, and assigns what later states see', async () => {
  await using world = await stepFunctionsWorld();
  const ended = await world.run(
    machine({
      Set: { Type: 'Pass', Assign: { n: '{% $states.input.n + 1 %}', fixed: [1] }, Output: { a: 1 }, Next: 'Read' },
      Read: { Type: 'Pass', Next: 'Add' },
      Add: { Type: 'Pass', Output: { n: '{% $n %}', fixed: '{% $fixed %}', input: '{% $states.input %}' }, End: true },
    }),
    { n: 1 },
  );
  expect(ended.status).toBe('SUCCEEDED');
  expect(output(ended)).toEqual({ n: 2, fixed: [1], input: { a: 1 } });
});

test('Assign and Output of one state both see the variables as they were before', async () => {
  await using world = await stepFunctionsWorld();
  const ended = await world.run(
    machine({
      One: { Type: 'Pass', Assign: { x: 1, y: 2 }, Next: 'Two' },
      Two: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Output: '{% [$x, $y] %}', Next: 'Three' },
      Three: { Type: 'Pass', Output: '{% [$states.input, $x, $y] %}', End: true },
    }),
  );
  expect(output(ended)).toEqual([1, 2, 2, 1]);
});

test('Choice takes the first rule that holds, with its Assign and Output, and Default with those of the state', async () => {
  await using world = await stepFunctionsWorld();
  const definition = machine({
    Pick: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $states.input.n > 10 %}', Next: 'End', Output: 'large', Assign: { by: 'first' } },
        { Condition: '{% $states.input.n > 5 %}', Next: 'End', Output: 'middle', Assign: { by: 'second' } },
      ],
      Default: 'End',
      Output: 'small',
      Assign: { by: 'default' },
    },
    End: { Type: 'Succeed', Output: '{% $states.input & " by " & $by %}' },
  });
  expect(output(await world.run(definition, { n: 20 }))).toBe('large by first');
  expect(output(await world.run(definition, { n: 6 }))).toBe('middle by second');
  expect(output(await world.run(definition, { n: 1 }))).toBe('small by default');
});

test('Choice fails by name where nothing holds and there is no default', async () => {
  await using world = await stepFunctionsWorld();
  const ended = await world.run(
    machine({ Pick: { Type: 'Choice', Choices: [{ Condition: false, Next: 'End' }] }, End: { Type: 'Succeed' } }),
  );
  expect(ended).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
});

test('Wait is over after its Seconds, or at its Timestamp, and at once where that is past', async () => {
  const clock = manualClock(Date.UTC(2026, 10, 1));
  await using world = await stepFunctionsWorld({ clock });
  const wait = (more: JsonObject) => world.start(machine({ Wait: { Type: 'Wait', ...more, End: true } }), '2026-11-01');
  const seconds = wait({ Seconds: '{% 30 * 2 %}' });
  await eventually(() => expect(clock.waits()).toEqual([60_000]));
  const timestamp = wait({ Timestamp: '{% $states.input & "T01:00:30+01:00" %}' });
  await eventually(() => expect(clock.waits()).toEqual([30_000, 60_000]));
  clock.pass(30_000);
  expect((await world.ended(timestamp)).status).toBe('SUCCEEDED');
  expect((await world.ended(wait({ Timestamp: '2026-10-31T00:00:00Z' }))).status).toBe('SUCCEEDED');
  clock.pass(30_000);
  expect((await world.ended(seconds)).status).toBe('SUCCEEDED');
});

test('Fail ends the execution by an error and a cause that may be expressions', async () => {
  await using world = await stepFunctionsWorld();
  const ended = await world.run(
    machine({ Stop: { Type: 'Fail', Error: '{% "No" & $states.input %}', Cause: 'because' } }),
    'Space',
  );
  expect(ended).toMatchObject({ status: 'FAILED', error: 'NoSpace', cause: 'because', output: undefined });
});

test('Task gives a function its payload, and its result to Output and Assign', async () => {
  await using world = await stepFunctionsWorld({ functions: { double: (n) => (n as number) * 2 } });
  const ended = await world.run(
    machine({
      Call: callState('double', { Assign: { doubled: '{% $states.result.Payload %}' }, Next: 'Read' }),
      Read: { Type: 'Pass', Output: { doubled: '{% $doubled %}', raw: '{% $states.input %}' }, End: true },
    }),
    21,
  );
  expect(output(ended)).toEqual({
    doubled: 42,
    raw: { ExecutedVersion: '$LATEST', Payload: 42, StatusCode: 200 },
  });
});

test('Parallel gives every branch the same input, and has their outputs in order', async () => {
  const gates = { slow: Promise.withResolvers<void>() };
  await using world = await stepFunctionsWorld({
    functions: {
      slow: async () => await gates.slow.promise.then(() => 'slow'),
      quick: () => {
        gates.slow.resolve();
        return 'quick';
      },
    },
  });
  const branch = (name: string) =>
    innerStates({ [name]: callState(name.toLowerCase(), { Output: '{% $states.result.Payload %}', End: true }) });
  const ended = await world.run(
    machine({ Both: { Type: 'Parallel', Branches: [branch('Slow'), branch('Quick')], End: true } }),
  );
  expect(output(ended)).toEqual(['slow', 'quick']);
});

test('variables of outer states are read inside, and those of branches end with them', async () => {
  await using world = await stepFunctionsWorld();
  const ended = await world.run(
    machine({
      Outer: { Type: 'Pass', Assign: { outer: 'o' }, Next: 'Both' },
      Both: {
        Type: 'Parallel',
        Branches: [
          innerStates({
            A: { Type: 'Pass', Assign: { own: 'a' }, Next: 'ReadA' },
            ReadA: { Type: 'Pass', Output: '{% $outer & $own %}', End: true },
          }),
          innerStates({
            B: { Type: 'Pass', Assign: { own: 'b' }, Next: 'ReadB' },
            ReadB: { Type: 'Pass', Output: '{% $outer & $own %}', End: true },
          }),
        ],
        End: true,
      },
    }),
  );
  expect(output(ended)).toEqual(['oa', 'ob']);
});

test('Map gives each iteration its item, or what ItemSelector makes of it, and keeps their order', async () => {
  await using world = await stepFunctionsWorld();
  const ended = await world.run(
    machine({
      Each: {
        Type: 'Map',
        Items: '{% $states.input.list %}',
        ItemSelector: {
          at: '{% $states.context.Map.Item.Index %}',
          item: '{% $states.context.Map.Item.Value %}',
          all: '{% $count($states.input.list) %}',
        },
        ItemProcessor: innerStates({
          Work: {
            Type: 'Pass',
            Output:
              '{% $states.input.item & $states.input.at & "/" & $states.input.all & $states.context.Map.Item.Value %}',
            End: true,
          },
        }),
        End: true,
      },
    }),
    { list: ['a', 'b', 'c'] },
  );
  expect(output(ended)).toEqual(['a0/3a', 'b1/3b', 'c2/3c']);
});

test('Map runs as many at once as MaxConcurrency says', async () => {
  let now = 0;
  let most = 0;
  let pair = Promise.withResolvers<void>();
  await using world = await stepFunctionsWorld({
    functions: {
      // Each waits for another one to be there.
      async work() {
        now += 1;
        most = Math.max(most, now);
        const { promise, resolve } = pair;
        if (now === 2) {
          pair = Promise.withResolvers();
          resolve();
        }
        await promise;
        now -= 1;
      },
    },
  });
  const Work = callState('work', { End: true });
  const ItemProcessor = innerStates({ Work });
  const definition = machine({ Each: { Type: 'Map', MaxConcurrency: '{% 1 + 1 %}', ItemProcessor, End: true } });
  expect(await world.run(definition, [1, 2, 3, 4, 5, 6])).toMatchObject({ status: 'SUCCEEDED' });
  expect(most).toBe(2);
});

test('a token that comes back brings the result, even before the one who was asked has returned', async () => {
  const never = Promise.withResolvers<void>();
  await using world = await stepFunctionsWorld({
    functions: {
      async ask(payload) {
        world.engine.answer((payload as { token: string }).token, { output: { approved: true } });
        await never.promise;
      },
    },
  });
  const ended = await world.run(machine({ Ask: askState('ask', { End: true }) }));
  expect(output(ended)).toEqual({ approved: true });
});

test('the context object tells what AWS tells', async () => {
  await using world = await stepFunctionsWorld();
  const ended = await world.run(machine({ Tell: { Type: 'Pass', Output: '{% $states.context %}', End: true } }), {
    a: 1,
  });
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(output(ended)).toEqual({
    Execution: {
      Id: ended.arn,
      Input: { a: 1 },
      Name: ended.name,
      RedriveCount: 0,
      RoleArn: ended.roleArn,
      StartTime: at,
    },
    State: { EnteredTime: at, Name: 'Tell', RetryCount: 0 },
    StateMachine: { Id: ended.machineArn, Name: 'machine-1' },
  });
});

import { askState, callState, machine } from '@datasens/testkit/step-functions-world.ts';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { parseDefinition } from './parse-definition.ts';

const end = { Type: 'Succeed' };
const FUNCTION = 'arn:aws:lambda:eu-west-3:111122223333:function:f';
const parse = (definition: unknown) => parseDefinition(JSON.stringify(definition));
/** Of a machine of one task: what is wrong with it. */
const task = (state: JsonObject) => machine({ Work: { ...callState('work'), End: true, ...state } });
const ask = (state: JsonObject) => machine({ Ask: { ...askState('ask'), End: true, ...state } });

test('a machine of all eight types is sound', () => {
  const inner = { StartAt: 'Inner', States: { Inner: { Type: 'Pass', End: true } } };
  const definition = machine(
    {
      Work: {
        ...callState('work'),
        Comment: 'says what it does',
        TimeoutSeconds: 10,
        Retry: [
          { ErrorEquals: ['Transient'], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 1.5, MaxDelaySeconds: 9 },
          { ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL' },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Stop', Output: '{% $states.errorOutput.Error %}' }],
        Next: 'Wait',
      },
      Wait: { Type: 'Wait', Timestamp: '2026-11-01T00:00:00+01:00', Next: 'Pick' },
      Pick: { Type: 'Choice', Choices: [{ Condition: true, Next: 'Both' }], Default: 'Each' },
      Both: { Type: 'Parallel', Branches: [inner], Next: 'Done' },
      Each: {
        Type: 'Map',
        Items: [1, 2],
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Each item',
          States: { 'Each item': { Type: 'Pass', End: true } },
        },
        MaxConcurrency: 2,
        Next: 'Done',
      },
      Done: end,
      Stop: { Type: 'Fail', Error: 'Stopped' },
    },
    { Comment: 'a machine', Version: '1.0', TimeoutSeconds: 60 },
  );
  expect(Object.keys(parse(definition).States)).toHaveLength(7);
});

/** What is wrong, where it is, and a word of what is said about it. */
const REFUSED: readonly [string, unknown, string, string][] = [
  ['JSONPath', { StartAt: 'A', States: { A: end } }, '/QueryLanguage', 'JSONata'],
  ['a state of JSONPath', machine({ A: { ...end, QueryLanguage: 'JSONPath' } }), '/States/A/QueryLanguage', 'JSONata'],
  ['a field of JSONPath', task({ ResultPath: '$.x' }), '/States/Work', 'ResultPath'],
  ['an unknown type', machine({ A: { Type: 'Activity' } }), '/States/A/Type', 'Invalid'],
  ['a field that a state has not', machine({ A: { ...end, Next: 'A' } }), '/States/A', 'Next'],
  ['neither Next nor End', machine({ A: { Type: 'Pass' } }), '/States/A', 'Next or End'],
  ['both Next and End', machine({ A: { Type: 'Pass', Next: 'A', End: true } }), '/States/A', 'Next or End'],
  ['a Wait for nothing', machine({ A: { Type: 'Wait', End: true } }), '/States/A', 'Seconds or Timestamp'],
  ['a negative time', machine({ A: { Type: 'Wait', Seconds: -1, End: true } }), '/States/A/Seconds', ''],
  [
    'a Distributed Map',
    map({ ProcessorConfig: { Mode: 'DISTRIBUTED' } }),
    '/ItemProcessor/ProcessorConfig/Mode',
    'INLINE',
  ],
  ['an ItemReader', map({}, { ItemReader: {} }), '/States/Each', 'ItemReader'],
  ['a start that is missing', { ...machine({ A: end }), StartAt: 'B' }, '/StartAt', '"B"'],
  ['a next state that is missing', machine({ A: { Type: 'Pass', Next: 'B' } }), '/States/A/Next', '"B"'],
  ['a name that is only inherited', machine({ A: { Type: 'Pass', Next: 'toString' } }), '/States/A/Next', 'toString'],
  [
    'a next state outside',
    machine({
      A: { Type: 'Parallel', Branches: [{ StartAt: 'I', States: { I: { Type: 'Pass', Next: 'B' } } }], Next: 'B' },
      B: end,
    }),
    '/States/A/Branches/0/States/I/Next',
    '"B"',
  ],
  ['a state that nothing leads to', machine({ A: end, B: end }), '/States/B', 'cannot be reached'],
  [
    'a name that is used twice',
    machine({ A: { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: end } }], End: true } }),
    '/States/A/Branches/0/States/A',
    'another state',
  ],
  [
    'States.ALL beside others',
    task({ Retry: [{ ErrorEquals: ['States.ALL', 'X'] }] }),
    '/Retry/0/ErrorEquals',
    'alone',
  ],
  [
    'States.ALL before others',
    task({
      Catch: [
        { ErrorEquals: ['States.ALL'], Next: 'Work' },
        { ErrorEquals: ['X'], Next: 'Work' },
      ],
    }),
    '/Catch/0/ErrorEquals',
    'last',
  ],
  [
    'a longest delay below the first',
    task({ Retry: [{ ErrorEquals: ['X'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] }),
    '/Retry/0/MaxDelaySeconds',
    '',
  ],
  ['an unknown resource', task({ Resource: 'arn:aws:states:::sqs:sendMessage' }), '/States/Work/Resource', 'sqs'],
  ['a misspelt .sync', task({ Resource: 'arn:aws:states:::states:startExecution.synch:2' }), '/Resource', 'synch'],
  ['.sync without :2', task({ Resource: 'arn:aws:states:::states:startExecution.sync' }), '/Resource', 'sync:2'],
  [
    'a function without an account',
    task({ Resource: 'arn:aws:lambda:eu-west-3::function:f', Arguments: {} }),
    '/Resource',
    'the ARN of a function',
  ],
  ['a token of a function’s ARN', task({ Resource: `${FUNCTION}.waitForTaskToken` }), '/Resource', 'waitForTaskToken'],
  ['heartbeats of a function', task({ Resource: FUNCTION, HeartbeatSeconds: 5 }), '/HeartbeatSeconds', 'token'],
  ['a payload that is no object', task({ Resource: FUNCTION, Arguments: 'text' }), '/Arguments', 'object'],
  ['a payload that cannot be read', task({ Resource: FUNCTION, Arguments: { a: '{% $x %}' } }), '/Arguments/a', '$x'],
  ['a token that nobody is given', ask({ Arguments: { FunctionName: 'f', Payload: {} } }), '/Arguments', 'Token'],
  [
    'a token that is only a text',
    ask({ Arguments: { FunctionName: 'f', Payload: '$states.context.Task.Token' } }),
    '/Arguments',
    'Token',
  ],
  [
    'a heartbeat over the timeout',
    ask({ TimeoutSeconds: 5, HeartbeatSeconds: 6 }),
    '/HeartbeatSeconds',
    'TimeoutSeconds',
  ],
  ['a heartbeat as long as the timeout', ask({ TimeoutSeconds: 5, HeartbeatSeconds: 5 }), '/HeartbeatSeconds', ''],
  ['heartbeats that nobody can send', task({ HeartbeatSeconds: 5 }), '/HeartbeatSeconds', 'token'],
  [
    'arguments that are not used',
    task({ Arguments: { FunctionName: 'f', InvocationType: 'Event' } }),
    '/Arguments',
    'InvocationType',
  ],
  [
    'no arguments',
    machine({ A: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true } }),
    '/Arguments',
    'object',
  ],
  ['what JSONata cannot read', task({ Output: '{% $states. %}' }), '/States/Work/Output', 'cannot read'],
  ['what JSONata 2.2 alone can read', task({ Output: '{% 1 ?? 2 %}' }), '/States/Work/Output', 'cannot read'],
  ['an expression that does not end', task({ Output: { deep: ['{% 1'] } }), '/States/Work/Output/deep/0', 'must end'],
  ['$eval', task({ Output: "{% $eval('1') %}" }), '/States/Work/Output', '$eval'],
  ['a function that there is not', task({ Output: '{% $env("HOME") %}' }), '/States/Work/Output', '$env'],
  ['a variable that nobody assigns', task({ Output: '{% $x %}' }), '/States/Work/Output', '$x'],
  [
    'a variable that is assigned later',
    machine({ A: { Type: 'Pass', Output: '{% $x %}', Next: 'B' }, B: { Type: 'Pass', Assign: { x: 1 }, End: true } }),
    '/States/A/Output',
    '$x',
  ],
  [
    'a variable of the same state',
    machine({ A: { Type: 'Pass', Output: '{% $x %}', Assign: { x: 1 }, End: true } }),
    '/States/A/Output',
    '$x',
  ],
  ['a variable of a branch outside it', variableOfBranch(), '/States/B/Output', '$x'],
  ['a variable of an outer scope assigned inside', outerVariableInside(), '/Assign/x', 'outer'],
  [
    '$states as a variable',
    machine({ A: { Type: 'Pass', Assign: { states: 1 }, End: true } }),
    '/States/A/Assign/states',
    'reserved',
  ],
  [
    'a variable with a name that is none',
    machine({ A: { Type: 'Pass', Assign: { 'a b': 1 }, End: true } }),
    '/Assign/a b',
    'a b',
  ],
  [
    'a result before there is one',
    task({ Arguments: { FunctionName: 'f', Payload: '{% $states.result %}' } }),
    '/Arguments/Payload',
    '$states.result',
  ],
  [
    'a result where there is none',
    machine({ A: { Type: 'Pass', Output: '{% $states.result %}', End: true } }),
    '/States/A/Output',
    '$states.result',
  ],
  [
    'an error output outside Catch',
    task({ Output: '{% $states.errorOutput %}' }),
    '/States/Work/Output',
    'errorOutput',
  ],
  [
    'a result in Catch',
    task({ Catch: [{ ErrorEquals: ['X'], Next: 'Work', Output: '{% $states.result %}' }] }),
    '/Catch/0/Output',
    'result',
  ],
];

test.for(REFUSED)('%s is refused, with its place', ([, definition, place, word]) => {
  expect(() => parse(definition)).toThrow(
    expect.objectContaining({
      name: 'InvalidDefinition',
      message: expect.stringContaining('Invalid State Machine Definition: '),
    }),
  );
  const message = messageOf(definition);
  expect(message).toContain(place);
  expect(message).toContain(word);
});

test('every problem is named, and what is not JSON is refused', () => {
  const message = messageOf(machine({ A: { Type: 'Pass', Next: 'B', Output: '{% $x %}' }, C: end }));
  expect(message).toMatch(/\/States\/A\/Next.*\/States\/C.*\/States\/A\/Output/s);
  expect(() => parseDefinition('{')).toThrow(expect.objectContaining({ name: 'InvalidDefinition' }));
});

describe('a variable is known', () => {
  test.for<[string, JsonObject]>([
    ['on one of two ways', twoWays()],
    [
      'behind a catcher that assigns it',
      machine({
        Work: { ...callState('f'), Catch: [{ ErrorEquals: ['X'], Assign: { x: 1 }, Next: 'Read' }], Next: 'Read' },
        Read: { Type: 'Pass', Output: '{% $x %}', End: true },
      }),
    ],
    [
      'in a loop, behind where it is assigned',
      machine({
        A: { Type: 'Pass', Next: 'B' },
        B: { Type: 'Pass', Output: '{% $exists($x) %}', Assign: { x: 1 }, Next: 'C' },
        C: { Type: 'Choice', Choices: [{ Condition: true, Next: 'B' }], Default: 'D' },
        D: end,
      }),
    ],
    [
      'where the expression binds it itself',
      task({ Output: '{% ($y := 1; $f := function($z) { $z + $y }; $f(2)) %}' }),
    ],
    [
      'inside a Map, of an outer scope',
      machine({
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Pass', Output: '{% $x %}', End: true } } },
          End: true,
        },
      }),
    ],
  ])('%s', ([, definition]) => {
    expect(() => parse(definition)).not.toThrow();
  });
});

function messageOf(definition: unknown): string {
  try {
    parse(definition);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

function map(processor: JsonObject, more: JsonObject = {}): JsonObject {
  const ItemProcessor = { StartAt: 'I', States: { I: end }, ...processor };
  return machine({ Each: { Type: 'Map', ItemProcessor, End: true, ...more } });
}

function variableOfBranch(): JsonObject {
  const branch = { StartAt: 'I', States: { I: { Type: 'Pass', Assign: { x: 1 }, End: true } } };
  return machine({
    A: { Type: 'Parallel', Branches: [branch], Next: 'B' },
    B: { Type: 'Pass', Output: '{% $x %}', End: true },
  });
}

function outerVariableInside(): JsonObject {
  const branch = { StartAt: 'I', States: { I: { Type: 'Pass', Assign: { x: 1 }, End: true } } };
  return machine({
    A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
    B: { Type: 'Parallel', Branches: [branch], End: true },
  });
}

function twoWays(): JsonObject {
  return machine({
    A: { Type: 'Choice', Choices: [{ Condition: true, Assign: { x: 1 }, Next: 'B' }], Default: 'B' },
    B: { Type: 'Pass', Output: '{% $exists($x) %}', End: true },
  });
}

import { readFile } from 'node:fs/promises';
import { parseDefinition } from '@datasens/local/step-functions/definition/parse-definition.ts';
import { innerStates, machine } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import { DOCUMENT, withPictures } from './document.ts';
import { stateDiagram } from './state-diagram.ts';

test('docs/workflows.md shows the state machines as they are (npm run docs:workflows)', async () => {
  const document = await readFile(DOCUMENT, 'utf8');
  expect(document).toBe(await withPictures(document));
});

const done = { Type: 'Pass', End: true };

const SAMPLE = machine({
  Set: { Type: 'Pass', Assign: { x: true }, Next: 'Pick' },
  Pick: {
    Type: 'Choice',
    Choices: [
      { Condition: '{% $states.input.n > 3\n and $x %}', Next: 'Each' },
      { Condition: `{% ${'$x and '.repeat(9)} $x %}`, Next: 'Both' },
    ],
    Default: 'Stop',
  },
  Each: { Type: 'Map', ItemProcessor: innerStates({ 'one "item"': done }), Next: 'Both' },
  Both: {
    Type: 'Parallel',
    Branches: [innerStates({ Left: done }), innerStates({ Right: done })],
    Catch: [
      { ErrorEquals: ['A', 'B'], Next: 'Both' },
      { ErrorEquals: ['C', 'D', 'E', 'F'], Next: 'Each' },
      { ErrorEquals: ['States.ALL'], Next: 'Stop' },
    ],
    Next: 'Stop',
  },
  Stop: { Type: 'Fail' },
});

const PICTURE = `stateDiagram-v2
  [*] --> s_Set
  state "Set" as s_Set
  s_Set --> s_Pick
  state "Pick" as s_Pick
  s_Pick --> s_Each: input.n #62; 3 and $x
  s_Pick --> s_Both: $x and $x and $x and $x and $x and $x and $x an…
  s_Pick --> s_Stop: otherwise
  state "Each, for each item" as s_Each {
    [*] --> s_one_32__34_item_34_
    state "one #34;item#34;" as s_one_32__34_item_34_
    s_one_32__34_item_34_ --> [*]
  }
  s_Each --> s_Both
  state "Both" as s_Both {
    [*] --> s_Left
    state "Left" as s_Left
    s_Left --> [*]
    --
    [*] --> s_Right
    state "Right" as s_Right
    s_Right --> [*]
  }
  s_Both --> s_Stop: also on any error
  s_Both --> s_Both: on A or B
  s_Both --> s_Each: on C, D or 2 more
  state "Stop" as s_Stop
  s_Stop --> [*]`;

test('a picture has the states, why one is left for another, and what is inside a Map or a Parallel state', () => {
  expect(stateDiagram(parseDefinition(JSON.stringify(SAMPLE)))).toBe(PICTURE);
});

import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import { expect, test } from 'vitest';
import { checkWorkflow, shippedWorkflows } from './check-workflow.ts';
import { askState, callState, functionState, machine } from './step-functions-world.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What is said of a definition. */
async function problemsOf(definition: JsonObject | string): Promise<string> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'sample.asl.json');
  await writeFile(path, typeof definition === 'string' ? definition : JSON.stringify(definition));
  return await checkWorkflow(path).then(
    () => '',
    (error: Error) => error.message,
  );
}

/** What stands in a definition for a value that is filled in. */
const place = (name: string) => `\${${name}}`;

const done = { Done: { Type: 'Succeed' } };
const token = { token: '{% $states.context.Task.Token %}' };

test('a sound definition is, with what its placeholders stand for', async () => {
  const sound = machine({
    Call: callState(place('function.preflight'), { Next: 'Ask' }),
    Ask: askState('', { Arguments: { FunctionName: place('function.ask'), Payload: token }, Next: 'Named' }),
    Named: functionState(`arn:aws:lambda:us-east-1:000000000000:function:${place('function.stage')}`, { Next: 'Done' }),
    ...done,
  });
  expect(await problemsOf(sound)).toBe('');
});

test.for<[string, JsonObject | string, string]>([
  ['no JSON', '{', 'JSON'],
  ['a placeholder that is nothing', machine({ Call: callState(place('function'), { End: true }) }), place('function')],
  ['what the interpreter sees', machine({ Ask: callState('f', { HeartbeatSeconds: 5, End: true }) }), 'heartbeats'],
  ['what the validator sees', machine({ Round: { Type: 'Pass', Next: 'Round' } }), 'missing a terminal state'],
  [
    'what JSONata 2.2 alone can read',
    machine({ A: { Type: 'Pass', Output: '{% 1 ?? 2 %}', End: true } }),
    'asl-validator',
  ],
])('%s is a problem', async ([, definition, said]) => {
  expect(await problemsOf(definition)).toContain(said);
});

test('every problem is named, with its place', async () => {
  const Ask = askState(place('nobody'), { Arguments: { FunctionName: place('nobody'), Payload: {} }, Next: 'Gone' });
  const said = await problemsOf(machine({ Ask }));
  for (const problem of [place('nobody'), '/States/Ask/Arguments', '/States/Ask/Next', 'asl-validator', 'Gone']) {
    expect(said).toContain(problem);
  }
});

test('there are definitions that are shipped', () => {
  expect(shippedWorkflows().map((path) => basename(path))).toContain('dump.asl.json');
});

test.for(shippedWorkflows().map((path) => [basename(path), path] as const))('%s is sound', async ([, path]) => {
  await checkWorkflow(path);
});

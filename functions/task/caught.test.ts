import { expect, test } from 'vitest';
import { errorOf, isOver, noteOf } from './caught.ts';

const execution = (Status: string) => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify({ ExecutionArn: 'arn', Name: 'child', Status, Error: 'ModelError', Cause: 'broken' }),
});

test.for([
  ['that has told its error', { Error: 'ModelError', Cause: '{"errorMessage":"broken"}' }, true],
  ['that was ended by Lambda', { Error: 'Sandbox.Timedout', Cause: '' }, true],
  ['whose result was too large', { Error: 'States.DataLimitExceeded', Cause: '' }, true],
  ['that nobody waits for any more', { Error: 'States.Timeout', Cause: '' }, false],
  ['whose answer was lost', { Error: 'Lambda.ServiceException', Cause: '' }, false],
] as const)('a function %s', ([, caught, over]) => {
  expect(isOver(caught)).toBe(over);
});

test('an execution that has failed is over; one that was stopped may have left functions at work', () => {
  expect(['FAILED', 'ABORTED', 'TIMED_OUT'].map((status) => isOver(execution(status)))).toEqual([true, false, false]);
});

test('what has become of it follows its own words', () => {
  const then = { Error: 'Conflict', Cause: '{"errorMessage":"a view is in the way"}' };
  const caught = { ...execution('FAILED'), Note: 'Its tables were not restored', Then: then };
  expect(errorOf(caught)).toMatchObject({
    name: 'ModelError',
    message: 'execution child: broken. Its tables were not restored (Conflict: a view is in the way)',
  });
  expect(noteOf(caught)).toBe('Its tables were not restored (Conflict)');
});

import { expect, test } from 'vitest';
import { ofType, one } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

const graph = await graphOf('test');

test.for([
  ['url-control', 'AWS_IAM', '123456789012'],
  ['url-audit', 'AWS_IAM', '123456789012'],
  ['url-approval', 'NONE', '*'],
] as const)('%s is called by %s, and wants both permissions of %s', ([name, authorizationType, principal]) => {
  const url = one(graph, 'lambda/functionUrl', `${name}-url`).inputs;
  expect(url).toMatchObject({ functionName: `datasens-test-${name}`, authorizationType });
  // A browser of another page asks in nobody's name.
  expect(url).not.toHaveProperty('cors');
  const permissions = ofType(graph, 'lambda/permission').filter(({ inputs }) => inputs.function === url.functionName);
  expect(permissions.map(({ inputs }) => inputs)).toEqual([
    {
      action: 'lambda:InvokeFunctionUrl',
      function: url.functionName,
      principal,
      functionUrlAuthType: authorizationType,
    },
    { action: 'lambda:InvokeFunction', function: url.functionName, principal, invokedViaFunctionUrl: true },
  ]);
});

test('nothing else can be called from outside', async () => {
  expect(ofType(graph, 'lambda/functionUrl')).toHaveLength(3);
  expect(ofType(graph, 'lambda/permission')).toHaveLength(6);
  // Nobody decides by a link where there are no approvers.
  const production = await graphOf('production');
  expect(ofType(production, 'lambda/functionUrl').map(({ name }) => name)).toEqual([
    'url-control-url',
    'url-audit-url',
  ]);
});

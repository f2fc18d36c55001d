import { readdirSync } from 'node:fs';
import { definitionProblems } from '@datasens/testkit/check-workflow.ts';
import { expect, test } from 'vitest';
import { ofType, one } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

interface State {
  readonly Type: string;
  readonly Arguments?: { readonly FunctionName?: string; readonly Cluster?: string; readonly TaskDefinition?: string };
  readonly TimeoutSeconds?: number | string;
  readonly ItemProcessor?: { readonly States: Record<string, State> };
}

const graph = await graphOf('test');
const machines = ofType(graph, 'sfn/stateMachine');
const functions = new Map(
  ofType(graph, 'lambda/function').map(({ inputs }) => [
    `arn:aws:lambda:eu-west-1:123456789012:function:${inputs.name}`,
    inputs.timeout as number,
  ]),
);

test('every workflow is a state machine, whose failures are logged without what it is about', () => {
  const shipped = readdirSync(new URL('../../workflows/', import.meta.url))
    .filter((name) => name.endsWith('.asl.json'))
    .map((name) => `datasens-test-${name.replace('.asl.json', '')}`);
  expect(machines.map(({ inputs }) => inputs.name).toSorted()).toEqual(shipped.toSorted());
  for (const { inputs } of machines) {
    expect(inputs).toMatchObject({
      type: 'STANDARD',
      loggingConfiguration: { level: 'ERROR', includeExecutionData: false },
    });
    const group = inputs.loggingConfiguration.logDestination.split(':').at(-2);
    expect(ofType(graph, 'cloudwatch/logGroup').map((log) => log.inputs.name)).toContain(group);
  }
});

test('every definition is whole, and AWS would take it', () => {
  for (const { name, inputs } of machines) {
    expect({ name, left: inputs.definition.match(/\$\{[^}]*\}/g) }).toEqual({ name, left: null });
    expect({ name, problems: definitionProblems(inputs.definition) }).toEqual({ name, problems: [] });
  }
});

test('what a state calls is there, and ends before the state gives it up, and that before the machine', () => {
  const cluster = `arn:aws:ecs:eu-west-1:123456789012:cluster/${one(graph, 'ecs/cluster').inputs.name}`;
  const definition = `arn:aws:ecs:eu-west-1:123456789012:task-definition/${one(graph, 'ecs/taskDefinition').inputs.family}:1`;
  for (const machine of machines) {
    const { States, TimeoutSeconds: whole } = JSON.parse(machine.inputs.definition);
    for (const [name, state] of statesOf(States)) {
      const { FunctionName: called, Cluster, TaskDefinition } = state.Arguments ?? {};
      const where = `${machine.name}/${name}`;
      if (Cluster !== undefined)
        expect({ where, Cluster, TaskDefinition }).toEqual({ where, Cluster: cluster, TaskDefinition: definition });
      const { TimeoutSeconds: given } = state;
      if (typeof given === 'number') expect({ where, given }).toSatisfy(() => given < whole);
      if (called === undefined || called.startsWith('{%')) continue;
      const timeout = functions.get(called) ?? Number.POSITIVE_INFINITY;
      expect({ where, called, timeout, given }).toSatisfy(() => typeof given !== 'number' || timeout < given);
    }
  }
});

function statesOf(states: Record<string, State>): [string, State][] {
  return Object.entries(states).flatMap(([name, state]): [string, State][] => [
    [name, state],
    ...statesOf(state.ItemProcessor?.States ?? {}),
  ]);
}

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ofType } from './harness/graph.ts';
import { resourcePoliciesOf, rolesOf, statementsOf } from './policies.ts';
import { graphOf } from './stage-graph.ts';
import { STAGE_NAMES, type StageName } from './stages.ts';

interface Allowed {
  /** Lines that name everything, and why they must. */
  readonly everything: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<StageName, Readonly<Record<string, readonly string[]>>>>;
  readonly resources: Readonly<Record<StageName, Readonly<Record<string, readonly string[]>>>>;
}

const allowed: Allowed = JSON.parse(readFileSync(new URL('./allowed.json', import.meta.url), 'utf8'));

test.for(STAGE_NAMES)('in %s a role may do what is on the list, and nothing else', async (stage) => {
  const roles = Object.entries(rolesOf(await graphOf(stage)));
  expect(Object.fromEntries(roles.map(([name, { may }]) => [name, may]))).toEqual(allowed.roles[stage]);
});

test.for(STAGE_NAMES)('in %s a resource lets in whom the list says, and nobody else', async (stage) => {
  expect(resourcePoliciesOf(await graphOf(stage))).toEqual(allowed.resources[stage]);
});

test('nothing may do everything to anything, or anything to everything, but for the reasons on the list', () => {
  const lines = STAGE_NAMES.flatMap((stage) => [allowed.roles[stage], allowed.resources[stage]])
    .flatMap((each) => Object.values(each).flat())
    .filter((line) => /^\*: |: (\w+:)?\*( |$)/.test(line) && !line.startsWith('Deny '));
  expect([...new Set(lines)].toSorted()).toEqual(Object.keys(allowed.everything).toSorted());
});

test.for(STAGE_NAMES)(
  'in %s a role is taken by one service, of this account where the service says whose it is',
  async (stage) => {
    const graph = await graphOf(stage);
    for (const [name, { trusts }] of Object.entries(rolesOf(graph))) {
      const [, service = '', condition = ''] = /^\{"Service":"([a-z-]+)\.amazonaws\.com"\}(.*)$/.exec(trusts) ?? [];
      expect({ name, service }).toEqual({
        name,
        service: expect.stringMatching(/^(lambda|states|scheduler|ecs-tasks)$/),
      });
      if (service !== 'lambda')
        expect({ name, condition }).toEqual({
          name,
          condition: expect.stringContaining('aws:SourceAccount:123456789012'),
        });
    }
  },
);

test('nobody has a role of somebody else, or a policy of AWS', async () => {
  const graph = await graphOf('test');
  const roles = ofType(graph, 'lambda/function').map(({ inputs }) => inputs.role);
  expect(new Set(roles).size).toBe(roles.length);
  // A role's own policies are all that it has: others beside them would be removed.
  expect([...ofType(graph, 'iam/rolePolicyAttachment'), ...ofType(graph, 'iam/rolePolicy')]).toEqual([]);
  for (const { inputs } of ofType(graph, 'iam/role')) {
    expect(inputs.managedPolicyArns).toBeUndefined();
    for (const { policy } of inputs.inlinePolicies ?? []) {
      for (const { Effect, Action } of statementsOf(policy))
        expect([Effect, Action]).toEqual(['Allow', expect.anything()]);
    }
  }
});

import { expect, test } from 'vitest';
import { STEP_NAMES } from '../../functions/container/steps.ts';
import { HANDLERS, modulesOfHandlers } from './handlers.ts';
import { ofType, one } from './harness/graph.ts';
import { rolesOf } from './policies.ts';
import { graphOf } from './stage-graph.ts';

const graph = await graphOf('test');
const functionOf = (name: string, of = graph) => one(of, 'lambda/function', `${name}Function`).inputs;
let modules: ReturnType<typeof modulesOfHandlers> | undefined;
/** Whether something of a module is in the bundle of a handler. */
async function reaching() {
  modules ??= modulesOfHandlers();
  const known = await modules;
  return (name: string, pattern: RegExp) => (known.get(name) ?? []).some((path) => pattern.test(path));
}

/** What a module reads of the environment, and of which secrets (docs/design.md, section 7). */
const NEEDS: readonly (readonly [module: RegExp, variables: readonly string[], secret?: string])[] = [
  [/core\/src\/open-deps\.ts$/, ['DATASENS_RDS_IAM', 'DATASENS_STORAGE', 'S3_KMS_KEY_ID'], 'database'],
  [/expiry\/read-policy\.ts$/, ['DATASENS_RETENTION']],
  [/guard\/read-steps\.ts$/, ['DATASENS_STEPS']],
  [/import\/inbox-rules\.ts$/, ['DATASENS_IMPORTS', 'DATASENS_STORAGE']],
  [/catalog\/sensitive-tables\.ts$/, ['DATASENS_RECIPIENTS', 'DATASENS_SENSITIVE']],
  [/catalog\/read-plain\.ts$|rejects\/open-rejects\.ts$/, [], 'identity'],
  [/(want-approval|approval-binding|expect-approval)\.ts$/, ['DATASENS_PROTECTED']],
  [/notify\/channels\.ts$/, ['DATASENS_NOTIFY_TOPIC'], 'webhook'],
  [/approval\/link\.ts$/, ['DATASENS_APPROVERS'], 'links'],
  [/task\/tell-approvers\.ts$/, ['DATASENS_APPROVAL_URL']],
  [/control\/machines\.ts$/, ['WORKFLOW_MACHINE_ARNS']],
  [/functions\/starter\.ts$/, ['IMPORT_MACHINE_ARN']],
];
/** Those that a stage need not have. */
const SECRETS_OF = { test: ['database', 'identity', 'links'], production: ['database', 'webhook'] } as const;

/** What a stage need not have, and has not. */
const UNSET = {
  test: ['DATASENS_RDS_IAM'],
  production: [
    'DATASENS_RETENTION',
    'DATASENS_STEPS',
    'DATASENS_IMPORTS',
    'DATASENS_RECIPIENTS',
    'DATASENS_SENSITIVE',
    'DATASENS_PROTECTED',
    'DATASENS_APPROVERS',
    'DATASENS_APPROVAL_URL',
  ],
} as const;

test('every handler is a function, and every function a handler', () => {
  const names = ofType(graph, 'lambda/function').map(({ name }) => name.replace(/Function$/, ''));
  expect(names.toSorted()).toEqual(HANDLERS);
});

test('a function that reaches the client tools is of the image that has them, and no other', async () => {
  const reaches = await reaching();
  for (const name of HANDLERS) {
    const { packageType, imageConfig, runtime, architectures } = functionOf(name);
    const needsTools = reaches(name, /postgres\/(client-tools|run-tool)\.ts$/);
    expect({ name, packageType }).toEqual({ name, packageType: needsTools ? 'Image' : 'Zip' });
    if (needsTools) expect(imageConfig.commands).toEqual([`${name}.handler`]);
    else expect(runtime).toBe('nodejs24.x');
    expect(architectures).toEqual(['x86_64']);
  }
  const { inputs } = graph.find(({ type }) => type === 'docker-build:index:Image') ?? { inputs: {} };
  expect(inputs).toMatchObject({ platforms: ['linux/amd64'], buildArgs: { PG_MAJOR: '17' } });
  expect(functionOf('stage').imageUri).toMatch(/^[^:@]+@sha256:[0-9a-f]{64}$/);
});

test.for(['test', 'production'] as const)(
  'in %s a function has the variables that its code reads, and no others',
  async (stage) => {
    const reaches = await reaching();
    const of = await graphOf(stage);
    for (const name of HANDLERS.filter((handler) => stage === 'test' || handler !== 'url-approval')) {
      const needs = NEEDS.filter(([module]) => reaches(name, module));
      const secrets = SECRETS_OF[stage].filter((secret) => needs.some(([, , needed]) => needed === secret));
      const wanted = new Set(needs.flatMap(([, variables]) => variables));
      for (const unset of UNSET[stage]) wanted.delete(unset);
      const { DATASENS_SECRETS: references = '', ...variables } = functionOf(name, of).environment?.variables ?? {};
      expect({ name, variables: Object.keys(variables).toSorted() }).toEqual({
        name,
        variables: [...wanted].toSorted(),
      });
      const read = references
        .split(',')
        .filter(Boolean)
        .map((arn: string) => arn.split('-').at(-1));
      expect({ name, secrets: read.toSorted() }).toEqual({ name, secrets });
    }
  },
);

test('a task has the variables of all the steps that it may run', () => {
  const [container] = JSON.parse(one(graph, 'ecs/taskDefinition').inputs.containerDefinitions);
  const has = new Map<string, string>(
    container.environment.map((each: { name: string; value: string }) => [each.name, each.value]),
  );
  for (const name of STEP_NAMES) {
    const { DATASENS_SECRETS: secrets = '', ...variables } = functionOf(name).environment.variables;
    expect({ name, variables: Object.fromEntries(Object.keys(variables).map((key) => [key, has.get(key)])) }).toEqual({
      name,
      variables,
    });
    for (const secret of secrets.split(',')) expect(has.get('DATASENS_SECRETS')?.split(',')).toContain(secret);
  }
  expect([...has.keys()].filter((key) => /TOPIC|APPROV|MACHINE|STEPS/.test(key))).toEqual([]);
});

test('a function that journals may write the journal, and one that does not may not', async () => {
  const reaches = await reaching();
  const roles = rolesOf(graph);
  for (const name of HANDLERS) {
    const writes = roles[`${name}-role`]?.may.some((line) => /s3:dumps\/journal\/\*.*s3:PutObject/.test(line));
    expect({ name, writes }).toEqual({ name, writes: reaches(name, /audit\/mirror-journal\.ts$/) });
  }
});

test('every function has a log of its own, which ends, and a reason for what it takes', () => {
  const logs = new Map(ofType(graph, 'cloudwatch/logGroup').map(({ inputs }) => [inputs.name, inputs.retentionInDays]));
  for (const { name, inputs } of ofType(graph, 'lambda/function')) {
    expect({ name, days: logs.get(`/aws/lambda/${inputs.name}`) }).toEqual({ name, days: 30 });
    expect({ name, log: inputs.loggingConfig }).toEqual({
      name,
      log: { logFormat: 'JSON', logGroup: `/aws/lambda/${inputs.name}` },
    });
    expect(inputs.description.length).toBeGreaterThan(20);
    expect(inputs.timeout).toBeLessThanOrEqual(900);
  }
  expect([...logs.values()].every((days) => days === 30)).toBe(true);
});

test('two at a time do not hurt: what waits for a lock, and what anybody may call, is bounded', () => {
  const bounded = ofType(graph, 'lambda/function')
    .filter(({ inputs }) => inputs.reservedConcurrentExecutions !== undefined)
    .map(({ inputs }) => [inputs.name.replace('datasens-test-', ''), inputs.reservedConcurrentExecutions]);
  expect(Object.fromEntries(bounded)).toEqual({
    expire: 1,
    reconcile: 1,
    'url-approval': 5,
    'url-audit': 10,
    'url-control': 10,
  });
});

test('no secret stands anywhere in plain text', async () => {
  for (const each of [graph, await graphOf('production')]) {
    for (const { type, name, inputs } of each) {
      const plain = JSON.stringify(inputs, (_, value) =>
        value && typeof value === 'object' && 'secret' in value ? 'a secret' : value,
      );
      const found = plain.match(
        /postgres(ql)?:\/\/|token-of-ecr|AGE-SECRET-KEY|hooks\.slack|SST_KEY|"(DATABASE_URL|DATASENS_(SOURCES|SCRATCH_URL|LINK_SECRET|NOTIFY_WEBHOOK|IDENTITY_SECRET))"/g,
      );
      expect({ type, name, found }).toEqual({ type, name, found: null });
    }
    expect(each.filter(({ type }) => /secretVersion|ssm\/parameter/i.test(type))).toEqual([]);
  }
});

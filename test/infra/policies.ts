import { type Graph, ofType, type Resource } from './harness/graph.ts';

interface Statement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: unknown;
}

/** What a role trusts and may do, in lines: `RESOURCE: ACTION ACTION`, with the condition in brackets where there is one. */
export interface RoleSummary {
  readonly trusts: string;
  readonly may: readonly string[];
}

export function statementsOf(policy: string): Statement[] {
  return JSON.parse(policy).Statement;
}

/** All roles of a stack by their logical names; the names of the stage and the account are left out of what they name. */
export function rolesOf(graph: Graph): Record<string, RoleSummary> {
  return Object.fromEntries(
    ofType(graph, 'iam/role')
      .map((role) => [role.name, summaryOf(role)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function summaryOf({ inputs }: Resource): RoleSummary {
  const policies: { policy: string }[] = inputs.inlinePolicies ?? [];
  const managed: string[] = (inputs.managedPolicyArns ?? []).map((arn: string) => `managed policy: ${arn}`);
  const own = policies.flatMap(({ policy }) => statementsOf(policy).map(lineOf));
  return {
    trusts: statementsOf(inputs.assumeRolePolicy)
      .map((statement) => `${JSON.stringify(statement.Principal)}${conditionOf(statement)}`)
      .join(' '),
    may: [...managed, ...own].toSorted(),
  };
}

function lineOf(statement: Statement): string {
  const resources = [statement.Resource ?? []].flat().map(shortened).toSorted().join(' ');
  const effect = statement.Effect === 'Allow' ? '' : `${statement.Effect} `;
  return `${effect}${resources}: ${[statement.Action].flat().toSorted().join(' ')}${conditionOf(statement)}`;
}

function conditionOf({ Condition: condition }: Statement): string {
  return condition === undefined ? '' : ` [${shortened(JSON.stringify(condition).replaceAll('"', ''))}]`;
}

/** `arn:aws:s3:::datasens-test-dumps-123456789012-eu-west-1/work/*` is `s3:dumps/work/*`. */
function shortened(text: string): string {
  return text
    .replaceAll(/datasens-(test|production)-/g, '')
    .replaceAll(/arn:aws:(\w+):(?:eu-west-1)?:(?:123456789012)?:/g, '$1:')
    .replaceAll(/-123456789012-eu-west-1/g, '');
}

const POLICIES = [
  's3/bucketPolicy',
  'kms/key',
  'sns/topicPolicy',
  'sqs/queuePolicy',
  'ec2/vpcEndpoint',
  'secretsmanager/secretPolicy',
];

/** What resources say themselves of who may do what with them: `RESOURCE: ACTION by PRINCIPAL`. */
export function resourcePoliciesOf(graph: Graph): Record<string, readonly string[]> {
  const all = POLICIES.flatMap((type) => ofType(graph, type));
  return Object.fromEntries(
    all
      .filter(({ inputs }) => inputs.policy !== undefined)
      .map(({ name, inputs }) => [name, statementsOf(inputs.policy).map(resourceLineOf).toSorted()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function resourceLineOf({ Condition, ...statement }: Statement): string {
  const by = shortened(JSON.stringify(statement.Principal).replaceAll('"', ''));
  return `${lineOf(statement)} by ${by}${conditionOf({ ...statement, Condition })}`;
}

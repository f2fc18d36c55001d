import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDefinition, placeholdersOf } from './fill-definition.ts';
import type { CreatedFunction, FunctionsPlace } from './functions.ts';
import { nameOf } from './names.ts';
import { type Statement, serviceRole } from './policy.ts';
import { logDaysOf } from './stage-settings.ts';
import { executionsOf } from './statements.ts';
import { stepTargets } from './step-targets.ts';
import type { Task } from './task.ts';

/** The state machines, in an order in which each comes after those that it starts. */
export const WORKFLOWS = ['dump', 'restore', 'import', 'rotation', 'restore-test', 'guarded-step'] as const;

/** CloudWatch's delivery of logs takes none of these for one resource (Step Functions developer guide, "Logging"). */
const DELIVERS_LOGS: Statement = {
  Action: [
    'logs:CreateLogDelivery',
    'logs:GetLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
    'logs:DescribeLogGroups',
  ],
  Resource: '*',
};

export interface Machines {
  readonly functions: ReadonlyMap<string, CreatedFunction>;
  readonly task: Task;
  readonly place: FunctionsPlace;
}

/** The state machines of workflows/, as they are: each may call what its definition names, and nothing else. */
export function createWorkflows(machines: Machines): ReadonlyMap<string, aws.sfn.StateMachine> {
  const made = new Map<string, aws.sfn.StateMachine>();
  for (const name of WORKFLOWS) made.set(name, createWorkflow(name, machines, made));
  return made;
}

function createWorkflow(
  name: string,
  { functions, task, place }: Machines,
  made: ReadonlyMap<string, aws.sfn.StateMachine>,
): aws.sfn.StateMachine {
  const text = readFileSync(join($cli.paths.root, 'workflows', `${name}.asl.json`), 'utf8');
  const placeholders = placeholdersOf(text);
  const called = placeholders.filter(({ kind }) => kind === 'function').map((each) => arnOf(functions, each.name));
  const started = placeholders.filter(({ kind }) => kind === 'machine').map((each) => arnOf(made, each.name));
  const { subnetIds, securityGroupId } = place.network;
  const values = $util.all({
    function: arnsOf(functions),
    machine: arnsOf(made),
    task: $util.all({
      cluster: task.clusterArn,
      definition: task.definitionArn,
      subnets: $util.all([...subnetIds]).apply((ids) => ids.join(',')),
      securityGroups: securityGroupId,
    }),
  });
  const definition = values.apply((known) => {
    const byKind: Readonly<Record<string, Readonly<Record<string, string>>>> = known;
    return fillDefinition(text, (kind, key) => byKind[kind]?.[key]);
  });
  const usesTask = placeholders.some(({ kind }) => kind === 'task');
  const steps = name === 'guarded-step' ? stepTargets(place) : { functions: [], machines: [] };
  const log = new aws.cloudwatch.LogGroup(`${name}-workflow-log`, {
    // Below this prefix policies of logs stay short (Step Functions developer guide, "Logging").
    name: `/aws/vendedlogs/states/${nameOf(name)}`,
    retentionInDays: logDaysOf(place.stage.settings),
  });
  const role = serviceRole(
    `${name}-workflow-role`,
    'states.amazonaws.com',
    [
      { Action: 'lambda:InvokeFunction', Resource: [...called, ...steps.functions] },
      ...startsExecutions([...started, ...steps.machines], place),
      ...(usesTask ? runsTask(task) : []),
      DELIVERS_LOGS,
    ],
    place.place.account,
  );
  return new aws.sfn.StateMachine(`${name}-workflow`, {
    name: nameOf(name),
    type: 'STANDARD',
    roleArn: role.arn,
    definition,
    loggingConfiguration: {
      level: 'ERROR',
      // An input may hold the URL of a database.
      includeExecutionData: false,
      logDestination: $interpolate`${log.arn}:*`,
    },
  });
}

function arnsOf(
  all: ReadonlyMap<string, { readonly arn: $util.Output<string> }>,
): $util.Output<Record<string, string>> {
  return $util.all(Object.fromEntries([...all].map(([name, { arn }]) => [name, arn])));
}

function arnOf(all: ReadonlyMap<string, { readonly arn: $util.Output<string> }>, name: string): $util.Output<string> {
  const one = all.get(name);
  if (!one) throw new Error(`a state machine names ${name}, which nothing is`);
  return one.arn;
}

/** Step Functions developer guide, "IAM policies for nested executions": it is told by a rule of EventBridge when they end. */
function startsExecutions(arns: readonly $util.Output<string>[], { place }: FunctionsPlace): Statement[] {
  if (arns.length === 0) return [];
  const { partition, region, account } = place;
  return [
    { Action: 'states:StartExecution', Resource: arns },
    { Action: ['states:DescribeExecution', 'states:StopExecution'], Resource: arns.map(executionsOf) },
    {
      Action: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      Resource: $interpolate`arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`,
    },
  ];
}

/** Step Functions developer guide, "IAM policies for Amazon ECS": a task that answers by its token is not asked about. */
function runsTask({ clusterArn, revisions, roleArns }: Task): Statement[] {
  return [
    {
      Action: 'ecs:RunTask',
      Resource: revisions,
      Condition: { ArnEquals: { 'ecs:cluster': clusterArn } },
    },
    {
      Action: 'iam:PassRole',
      Resource: roleArns,
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
  ];
}

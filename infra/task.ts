import { taskGrants } from './function-table.ts';
import type { FunctionsPlace } from './functions.ts';
import { nameOf } from './names.ts';
import { serviceRole } from './policy.ts';
import { logDaysOf } from './stage-settings.ts';
import { statementsOf } from './statements.ts';
import { variablesOf } from './variables.ts';

/** What the state machines run where Lambda's 15 minutes would not do. */
export interface Task {
  readonly clusterArn: $util.Output<string>;
  readonly definitionArn: $util.Output<string>;
  /** Of every revision: an execution runs the one that it began with. */
  readonly revisions: $util.Output<string>;
  readonly roleArns: readonly $util.Output<string>[];
}

/** Two processors: what streams through a client tool is hashed beside it. */
const CPU = '2048';
const MEMORY_MB = '4096';
/** Parquet is read by columns into a file of its own, no larger than what Lambda has. */
const DISK_GIB = 30;

/** The container's name, which the state machines override the command of (workflows/). */
const CONTAINER = 'datasens';

export function createTask(place: FunctionsPlace): Task {
  const { settings } = place.stage;
  const cluster = new aws.ecs.Cluster('Cluster', { name: nameOf('tasks') });
  const log = new aws.cloudwatch.LogGroup('task-log', {
    name: `/datasens/${nameOf('task')}`,
    retentionInDays: logDaysOf(settings),
  });
  const grants = taskGrants();
  const { account, partition, region } = place.place;
  const role = serviceRole('task-role', 'ecs-tasks.amazonaws.com', statementsOf(grants, place), account);
  const startRole = serviceRole(
    'task-start-role',
    'ecs-tasks.amazonaws.com',
    [
      // It names no resource (Service authorization reference, ECR).
      { Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'],
        Resource: $interpolate`arn:${partition}:ecr:${region}:${account}:repository/${nameOf('functions')}`,
      },
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: $interpolate`${log.arn}:*` },
    ],
    account,
  );
  const definition = new aws.ecs.TaskDefinition('TaskDefinition', {
    family: nameOf('task'),
    // An execution that is under way while the next one is deployed wants its own.
    skipDestroy: true,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: CPU,
    memory: MEMORY_MB,
    ephemeralStorage: { sizeInGib: DISK_GIB },
    runtimePlatform: { operatingSystemFamily: 'LINUX', cpuArchitecture: 'X86_64' },
    taskRoleArn: role.arn,
    executionRoleArn: startRole.arn,
    // The image says whose it is (VOLUME), or nobody but root could write there (ECS developer guide, "Bind mounts").
    volumes: [{ name: 'tmp' }],
    containerDefinitions: $util.jsonStringify([
      {
        name: CONTAINER,
        image: place.image,
        essential: true,
        entryPoint: ['node', '/var/task/container/task.mjs'],
        command: [],
        environment: Object.entries({ ...variablesOf(grants, place), AWS_REGION: region }).map(([name, value]) => ({
          name,
          value,
        })),
        readonlyRootFilesystem: true,
        mountPoints: [{ sourceVolume: 'tmp', containerPath: '/tmp' }],
        linuxParameters: { capabilities: { drop: ['ALL'] }, initProcessEnabled: true },
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': log.name, 'awslogs-region': region, 'awslogs-stream-prefix': 'task' },
        },
      },
    ]),
  });
  return {
    clusterArn: cluster.arn,
    definitionArn: definition.arn,
    revisions: $interpolate`${definition.arnWithoutRevision}:*`,
    roleArns: [role.arn, startRole.arn],
  };
}

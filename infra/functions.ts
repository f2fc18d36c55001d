import { FUNCTIONS, type FunctionRow } from './function-table.ts';
import { ARCHITECTURE } from './image.ts';
import { nameOf } from './names.ts';
import type { Network } from './network.ts';
import { type Statement, serviceRole } from './policy.ts';
import { logDaysOf } from './stage-settings.ts';
import { type Granted, statementsOf } from './statements.ts';
import { type Known, variablesOf } from './variables.ts';

export interface FunctionsPlace extends Known, Granted {
  readonly network: Network;
  readonly image: $util.Output<string>;
}

/** A function that is there, as others name it. */
export interface CreatedFunction {
  readonly arn: $util.Output<string>;
  readonly name: $util.Output<string>;
}

const RUNTIME = 'nodejs24.x';

/**
 * A function of the table, by its name: with a role, a log and variables of its own. Nothing calls one without waiting for its
 * answer, so that none has a queue for what is lost: it is the state machine, the queue or the caller that is told.
 */
export function createFunction(
  name: string,
  place: FunctionsPlace,
  more: Readonly<Record<string, $util.Input<string>>> = {},
  mayAlso: readonly Statement[] = [],
): CreatedFunction {
  const row = FUNCTIONS[name];
  if (!row) throw new Error(`infra/function-table.ts has no function ${name}`);
  const { settings } = place.stage;
  const isInside = row.grants.includes('database') && place.network.functionsInside;
  const functionName = nameOf(name);
  const log = new aws.cloudwatch.LogGroup(`${name}-log`, {
    name: `/aws/lambda/${functionName}`,
    retentionInDays: logDaysOf(settings),
  });
  const role = serviceRole(`${name}-role`, 'lambda.amazonaws.com', [
    { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: $interpolate`${log.arn}:*` },
    ...(isInside ? [NETWORK_INTERFACES] : []),
    ...statementsOf(row.grants, place),
    ...mayAlso,
  ]);
  const variables = { ...variablesOf(row.grants, place), ...more };
  const isReserved = row.reserved !== undefined && settings.reserveConcurrency !== false;
  const shared = {
    name: functionName,
    description: row.because,
    role: role.arn,
    ...(isReserved ? { reserved: row.reserved } : {}),
  };
  const created = { ...shared, log, variables, network: isInside ? place.network : undefined };
  const made = row.kind === 'zip' ? createZip(name, row, created) : createFromImage(name, row, created, place.image);
  return { arn: made.arn, name: made.name };
}

interface Created {
  readonly name: string;
  readonly description: string;
  readonly role: $util.Output<string>;
  readonly reserved?: number;
  readonly log: aws.cloudwatch.LogGroup;
  readonly variables: Record<string, $util.Input<string>>;
  readonly network: Network | undefined;
}

function createZip(id: string, row: FunctionRow, created: Created): sst.aws.Function {
  const { network } = created;
  return new sst.aws.Function(id, {
    name: created.name,
    description: created.description,
    handler: `functions/${id}.handler`,
    runtime: RUNTIME,
    architecture: ARCHITECTURE,
    memory: `${row.memoryMb} MB`,
    timeout: `${row.timeoutSeconds} seconds`,
    role: created.role,
    logging: { logGroup: created.log.name, format: 'json' },
    environment: created.variables,
    ...(created.reserved === undefined ? {} : { concurrency: { reserved: created.reserved } }),
    ...(network ? { vpc: { privateSubnets: [...network.subnetIds], securityGroups: [network.securityGroupId] } } : {}),
    nodejs: {
      sourcemap: false,
      // SST itself gives such a bundle the `require` that what is CommonJS in it wants.
      format: 'esm',
      esbuild: { mainFields: ['module', 'main'], external: ['pg-native', 'pg-cloudflare'] },
    },
    // Whoever opens the audit database migrates it first.
    ...(row.grants.includes('database') ? { copyFiles: [{ from: 'migrations' }] } : {}),
    transform: {
      function(args) {
        // What SST adds is for resources that are linked: there are none, and one of these is a key.
        args.environment = { variables: created.variables };
      },
    },
  });
}

function createFromImage(
  id: string,
  row: FunctionRow,
  created: Created,
  image: $util.Output<string>,
): aws.lambda.Function {
  const { network } = created;
  return new aws.lambda.Function(`${id}Function`, {
    name: created.name,
    description: created.description,
    packageType: 'Image',
    imageUri: image,
    imageConfig: { commands: [`${id}.handler`] },
    architectures: [ARCHITECTURE],
    memorySize: row.memoryMb,
    timeout: row.timeoutSeconds,
    role: created.role,
    loggingConfig: { logFormat: 'JSON', logGroup: created.log.name },
    environment: { variables: created.variables },
    ...(created.reserved === undefined ? {} : { reservedConcurrentExecutions: created.reserved }),
    ...(network
      ? { vpcConfig: { subnetIds: [...network.subnetIds], securityGroupIds: [network.securityGroupId] } }
      : {}),
  });
}

/** Lambda makes them in the function's name; none of these actions can be bound to a resource (Lambda developer guide, "VPC"). */
const NETWORK_INTERFACES: Statement = {
  Action: [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
  Resource: '*',
};

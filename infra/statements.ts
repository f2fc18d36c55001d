import type { Grant } from './function-table.ts';
import type { Place } from './names.ts';
import type { Statement } from './policy.ts';
import type { SecretName, Secrets } from './secrets.ts';
import type { Stage } from './stage-settings.ts';

/** What the permissions of functions name. */
export interface Granted {
  readonly place: Place;
  readonly bucket: aws.s3.Bucket;
  readonly key: aws.kms.Key;
  readonly secrets: Secrets;
  readonly topic: aws.sns.Topic;
  readonly stage: Stage;
  /** ARNs of the state machines, by name; known by name alone, for they name the functions in turn. */
  readonly machineArn: (name: string) => $util.Output<string>;
  readonly machines: readonly string[];
}

const PUT = ['s3:PutObject', 's3:AbortMultipartUpload'];
const DELETE = ['s3:DeleteObject', 's3:DeleteObjectVersion'];
const ANSWER = ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'];

/** The secrets that a grant is for. */
const SECRETS_OF: Readonly<Partial<Record<Grant, SecretName>>> = {
  database: 'database',
  decrypt: 'identity',
  notify: 'webhook',
  links: 'links',
};

/** The secrets that a function with these grants reads, of those that the stage has. */
export function secretsOf(grants: readonly Grant[], secrets: Secrets): aws.secretsmanager.Secret[] {
  const names = grants.flatMap((grant) => SECRETS_OF[grant] ?? []);
  return [...new Set(names)].flatMap((name) => secrets[name] ?? []);
}

/** What the grants come to in statements of IAM. */
export function statementsOf(grants: readonly Grant[], granted: Granted): Statement[] {
  const own = [...new Set(grants)].flatMap((grant) => STATEMENTS[grant]?.(granted) ?? []);
  const secrets = secretsOf(grants, granted.secrets);
  if (secrets.length === 0) return own;
  return [
    ...own,
    { Action: 'secretsmanager:GetSecretValue', Resource: secrets.map(({ arn }) => arn) },
    byKey(granted, 'secretsmanager', ['kms:Decrypt']),
  ];
}

const STATEMENTS: Readonly<Partial<Record<Grant, (granted: Granted) => Statement[]>>> = {
  database: (granted) => [
    {
      Action: ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketVersioning'],
      Resource: granted.bucket.arn,
    },
    objects(
      granted,
      ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectTagging', 's3:GetObjectVersionTagging'],
      [''],
    ),
    byKey(granted, 's3', ['kms:Decrypt', 'kms:GenerateDataKey']),
    ...(granted.stage.settings.rdsUsers === undefined
      ? []
      : [{ Action: 'rds-db:connect', Resource: granted.stage.settings.rdsUsers }]),
  ],
  // Lines of the catalogue whose rows are gone are deleted.
  journal: (granted) => [
    objects(granted, PUT, ['journal/', 'catalog/']),
    objects(granted, ['s3:DeleteObject'], ['catalog/']),
  ],
  payload: (granted) => [objects(granted, PUT, ['work/'])],
  'write-dumps': (granted) => [objects(granted, [...PUT, 's3:DeleteObject'], ['dumps/'])],
  'write-rejects': (granted) => [objects(granted, [...PUT, 's3:DeleteObject'], ['rejected/'])],
  settle: (granted) => [
    objects(granted, [...PUT, 's3:PutObjectTagging', 's3:DeleteObject'], ['imported/', 'rejected/']),
    objects(granted, DELETE, ['inbox/']),
  ],
  expire: (granted) => [
    objects(granted, [...PUT, 's3:PutObjectTagging', ...DELETE], ['dumps/']),
    objects(granted, DELETE, ['imported/', 'rejected/']),
    objects(granted, PUT, ['tombstones/']),
  ],
  reconcile: (granted) => [
    objects(granted, DELETE, ['dumps/', 'rejected/', 'work/']),
    objects(granted, ['s3:AbortMultipartUpload'], ['']),
    { Action: 's3:ListBucketMultipartUploads', Resource: granted.bucket.arn },
  ],
  notify: (granted) => [
    { Action: 'sns:Publish', Resource: granted.topic.arn },
    byKey(granted, 'sns', ['kms:Decrypt', 'kms:GenerateDataKey']),
  ],
  answer: ({ machineArn, machines }) => [{ Action: ANSWER, Resource: machines.map(machineArn) }],
  'start-imports': ({ machineArn }) => [
    { Action: 'states:StartExecution', Resource: machineArn('import') },
    {
      Action: ['states:DescribeExecution', 'states:RedriveExecution'],
      Resource: executionsOf(machineArn('import')),
    },
  ],
  control: ({ machineArn, machines }) => [
    { Action: ['states:StartExecution', 'states:ListExecutions'], Resource: machines.map(machineArn) },
    { Action: 'states:DescribeExecution', Resource: machines.map((name) => executionsOf(machineArn(name))) },
  ],
};

/** All executions of a state machine. */
export function executionsOf(machineArn: $util.Output<string>): $util.Output<string> {
  return machineArn.apply((arn) => `${arn.replace(':stateMachine:', ':execution:')}:*`);
}

function objects({ bucket }: Granted, actions: readonly string[], prefixes: readonly string[]): Statement {
  return { Action: actions, Resource: prefixes.map((prefix) => $interpolate`${bucket.arn}/${prefix}*`) };
}

/** The key, for what one service does for whoever asks it. */
function byKey({ key, place: { region } }: Granted, service: string, actions: readonly string[]): Statement {
  return {
    Action: actions,
    Resource: key.arn,
    Condition: { StringEquals: { 'kms:ViaService': $interpolate`${service}.${region}.amazonaws.com` } },
  };
}

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';

/** What AWS would answer a program that asks. Fails for what nobody has thought of. */
export function answerCall(token: string, inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const answer = CALLS[token];
  if (!answer) throw new Error(`nobody answers ${token}(${JSON.stringify(inputs)})`);
  return answer;
}

const CALLS: Readonly<Record<string, Record<string, unknown>>> = {
  'aws:index/getRegion:getRegion': { id: REGION, name: REGION, region: REGION },
  'aws:index/getPartition:getPartition': { id: 'aws', partition: 'aws', dnsSuffix: 'amazonaws.com' },
  'aws:index/getCallerIdentity:getCallerIdentity': { id: ACCOUNT, accountId: ACCOUNT, arn: '', userId: '' },
  'aws:index/getAvailabilityZones:getAvailabilityZones': { names: [`${REGION}a`, `${REGION}b`] },
  'aws:ecr/getAuthorizationToken:getAuthorizationToken': { userName: 'AWS', password: 'token-of-ecr' },
};

interface Asked {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly id: string | undefined;
}

/** A resource that came to be, with the attributes that others name it by. */
export function answerResource({ type, name, inputs, id }: Asked) {
  const own = (inputs.name ?? inputs.bucket ?? inputs.family ?? name) as string;
  const [service = '', kind = ''] = (ARNS[type] ?? '').split('|');
  const account = service === 's3' ? '' : ACCOUNT;
  const region = service === 's3' || service === 'iam' ? '' : REGION;
  const arn =
    ARNS[type] === undefined ? `arn:unknown:${type}:${name}` : `arn:aws:${service}:${region}:${account}:${kind}${own}`;
  return { id: id || own, state: { ...inputs, name: own, arn, ...EXTRAS[type]?.(own, arn) } };
}

/** Service, and what precedes the name in an ARN (Service authorization reference). */
const ARNS: Readonly<Record<string, string>> = {
  'aws:s3/bucket:Bucket': 's3|',
  'aws:kms/key:Key': 'kms|key/',
  'aws:sns/topic:Topic': 'sns|',
  'aws:sqs/queue:Queue': 'sqs|',
  'aws:iam/role:Role': 'iam|role/',
  'aws:lambda/function:Function': 'lambda|function:',
  'aws:sfn/stateMachine:StateMachine': 'states|stateMachine:',
  'aws:cloudwatch/logGroup:LogGroup': 'logs|log-group:',
  'aws:cloudwatch/eventRule:EventRule': 'events|rule/',
  'aws:secretsmanager/secret:Secret': 'secretsmanager|secret:',
  'aws:ecs/cluster:Cluster': 'ecs|cluster/',
  'aws:ecs/taskDefinition:TaskDefinition': 'ecs|task-definition/',
  'aws:ecr/repository:Repository': 'ecr|repository/',
};

const EXTRAS: Readonly<Record<string, (own: string, arn: string) => Record<string, unknown>>> = {
  'aws:kms/key:Key': (own) => ({ keyId: own }),
  'aws:sqs/queue:Queue': (own) => ({ url: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${own}` }),
  'aws:ecr/repository:Repository': (own) => ({
    registryId: ACCOUNT,
    repositoryUrl: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${own}`,
  }),
  'aws:lambda/functionUrl:FunctionUrl': (own) => ({ functionUrl: `https://${own}.lambda-url.${REGION}.on.aws/` }),
  'docker-build:index:Image': () => ({
    digest: `sha256:${'0'.repeat(64)}`,
    ref: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/image:latest@sha256:${'0'.repeat(64)}`,
  }),
  'aws:ecs/taskDefinition:TaskDefinition': (_, arn) => ({ arn: `${arn}:1`, arnWithoutRevision: arn }),
};

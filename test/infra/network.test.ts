import { expect, test } from 'vitest';
import { ofType, one } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

test('a VPC of the stack has no way out but to services of AWS, and nobody comes in', async () => {
  const graph = await graphOf('test');
  const types = graph.map(({ type }) => type);
  expect(types.filter((type) => /internetGateway|natGateway|eip:/i.test(type))).toEqual([]);
  for (const { inputs } of ofType(graph, 'ec2/subnet')) expect(inputs.mapPublicIpOnLaunch).toBe(false);
  expect(ofType(graph, 'ec2/subnet').map(({ inputs }) => inputs.availabilityZone)).toEqual([
    'eu-west-1a',
    'eu-west-1b',
  ]);
  const endpoints = ofType(graph, 'ec2/vpcEndpoint');
  expect(endpoints.map(({ inputs }) => `${inputs.vpcEndpointType} ${inputs.serviceName}`).toSorted()).toEqual([
    'Gateway com.amazonaws.eu-west-1.s3',
    'Interface com.amazonaws.eu-west-1.ecr.api',
    'Interface com.amazonaws.eu-west-1.ecr.dkr',
    'Interface com.amazonaws.eu-west-1.logs',
    'Interface com.amazonaws.eu-west-1.secretsmanager',
    'Interface com.amazonaws.eu-west-1.sns',
    'Interface com.amazonaws.eu-west-1.states',
  ]);
  for (const { inputs } of endpoints.filter((each) => each.inputs.vpcEndpointType === 'Interface')) {
    expect(inputs).toMatchObject({ privateDnsEnabled: true, subnetIds: ['PrivateSubnet1'] });
  }
  const group = one(graph, 'ec2/securityGroup', 'FunctionsGroup').inputs;
  expect(group.ingress).toEqual([]);
  expect(group.egress.map(({ fromPort, toPort }: Record<string, number>) => [fromPort, toPort])).toEqual([
    [443, 443],
    [5432, 5432],
  ]);
});

test('in a VPC that is there the databases let the functions in, and nothing is made but for that', async () => {
  const graph = await graphOf('production');
  expect(ofType(graph, 'ec2/vpc')).toEqual([]);
  expect(ofType(graph, 'ec2/vpcEndpoint')).toEqual([]);
  expect(one(graph, 'vpc/securityGroupIngressRule').inputs).toMatchObject({
    securityGroupId: 'sg-database',
    referencedSecurityGroupId: 'FunctionsGroup',
    fromPort: 5432,
    toPort: 5432,
  });
  expect(one(graph, 'lambda/function', 'stageFunction').inputs.vpcConfig.subnetIds).toEqual(['subnet-1', 'subnet-2']);
});

test('functions that open a database are in the VPC, and the others are not', async () => {
  const graph = await graphOf('test');
  const outside = ofType(graph, 'lambda/function').filter(({ inputs }) => inputs.vpcConfig === undefined);
  expect(outside.map(({ name }) => name).toSorted()).toEqual([
    'failFunction',
    'starterFunction',
    'url-controlFunction',
  ]);
});

test('a task has private subnets, no public address, and a disk that it may not write to but for /tmp', async () => {
  const graph = await graphOf('test');
  const task = one(graph, 'ecs/taskDefinition').inputs;
  expect(task).toMatchObject({
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    volumes: [{ name: 'tmp' }],
  });
  const [container, ...others] = JSON.parse(task.containerDefinitions);
  expect(others).toEqual([]);
  expect(container).toMatchObject({
    name: 'datasens',
    entryPoint: ['node', '/var/task/container/task.mjs'],
    readonlyRootFilesystem: true,
    mountPoints: [{ sourceVolume: 'tmp', containerPath: '/tmp' }],
    linuxParameters: { capabilities: { drop: ['ALL'] } },
    logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/datasens/datasens-test-task' } },
  });
  expect(container.environment).toContainEqual({ name: 'AWS_REGION', value: 'eu-west-1' });
  // An execution that began before a deployment goes on with the task of then.
  expect(task.skipDestroy).toBe(true);
  const runs = ofType(graph, 'sfn/stateMachine').flatMap(({ inputs }) =>
    [...inputs.definition.matchAll(/"AssignPublicIp": "(\w+)"/g)].map(([, value]) => value),
  );
  expect(new Set(runs)).toEqual(new Set(['DISABLED']));
});

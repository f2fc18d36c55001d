import { nameOf, type Place } from './names.ts';
import { policyOf } from './policy.ts';
import type { StageSettings } from './stage-settings.ts';

/** What functions and tasks in private subnets call beside S3; a task needs the first three to start at all (ECS, "Interface VPC endpoints"). */
const SERVICES = ['ecr.api', 'ecr.dkr', 'logs', 'states', 'secretsmanager', 'sns'] as const;
const OWN_RANGE = '10.38.0.0/16';
const OWN_SUBNETS = ['10.38.0.0/20', '10.38.16.0/20'] as const;

export interface Network {
  readonly vpcId: $util.Input<string>;
  readonly subnetIds: readonly $util.Input<string>[];
  readonly securityGroupId: $util.Output<string>;
  /** Whether functions that open a database are placed in it. */
  readonly functionsInside: boolean;
}

/**
 * Private subnets for tasks, and for functions that open a database: those that the stage names, or ones of a VPC that has
 * no way out at all. S3 is reached by a gateway endpoint there, which costs nothing and leads to this bucket alone.
 */
export function createNetwork(settings: StageSettings, bucket: aws.s3.Bucket, place: Place): Network {
  const { vpc, databasePort = 5432, endpointZones = 1 } = settings;
  const { vpcId, subnetIds } = vpc ? { vpcId: vpc.id, subnetIds: vpc.subnetIds } : createVpc(bucket, place);
  const group = createGroup(vpcId, databasePort);
  if (vpc?.databaseSecurityGroupId !== undefined) {
    new aws.vpc.SecurityGroupIngressRule('DatabaseFromFunctions', {
      securityGroupId: vpc.databaseSecurityGroupId,
      referencedSecurityGroupId: group.id,
      ipProtocol: 'tcp',
      fromPort: databasePort,
      toPort: databasePort,
      description: nameOf('functions and tasks'),
    });
  }
  if (vpc?.endpoints ?? vpc === undefined) createEndpoints({ vpcId, subnetIds, group, zones: endpointZones }, place);
  return { vpcId, subnetIds, securityGroupId: group.id, functionsInside: !vpc?.functionsOutside };
}

function createVpc(bucket: aws.s3.Bucket, { region }: Place) {
  const vpc = new aws.ec2.Vpc('Vpc', {
    cidrBlock: OWN_RANGE,
    enableDnsHostnames: true,
    enableDnsSupport: true,
    tags: { Name: nameOf('vpc') },
  });
  const zones = aws.getAvailabilityZonesOutput({ state: 'available' });
  const routes = new aws.ec2.RouteTable('PrivateRoutes', { vpcId: vpc.id, tags: { Name: nameOf('private') } });
  const subnetIds = OWN_SUBNETS.map((cidrBlock, index) => {
    const subnet = new aws.ec2.Subnet(`PrivateSubnet${index + 1}`, {
      vpcId: vpc.id,
      cidrBlock,
      availabilityZone: zones.names.apply((names) => names[index] ?? names[0] ?? ''),
      mapPublicIpOnLaunch: false,
      tags: { Name: nameOf(`private-${index + 1}`) },
    });
    new aws.ec2.RouteTableAssociation(`PrivateRoutes${index + 1}`, { subnetId: subnet.id, routeTableId: routes.id });
    return subnet.id;
  });
  new aws.ec2.VpcEndpoint('S3Endpoint', {
    vpcId: vpc.id,
    serviceName: $interpolate`com.amazonaws.${region}.s3`,
    vpcEndpointType: 'Gateway',
    routeTableIds: [routes.id],
    policy: policyOf([
      { Principal: '*', Action: 's3:*', Resource: [bucket.arn, $interpolate`${bucket.arn}/*`] },
      // Where ECR keeps the layers of images (ECR user guide, "Interface VPC endpoints").
      {
        Principal: '*',
        Action: 's3:GetObject',
        Resource: $interpolate`arn:aws:s3:::prod-${region}-starport-layer-bucket/*`,
      },
    ]),
  });
  return { vpcId: vpc.id, subnetIds };
}

/** Nobody comes in; out go HTTPS and the databases' protocol. Its rules are whole: others beside them would be removed. */
function createGroup(vpcId: $util.Input<string>, databasePort: number): aws.ec2.SecurityGroup {
  return new aws.ec2.SecurityGroup('FunctionsGroup', {
    vpcId,
    description: nameOf('functions and tasks'),
    ingress: [],
    egress: [443, databasePort].map((port) => ({
      protocol: 'tcp',
      fromPort: port,
      toPort: port,
      cidrBlocks: ['0.0.0.0/0'],
    })),
  });
}

interface Endpoints {
  readonly vpcId: $util.Input<string>;
  readonly subnetIds: readonly $util.Input<string>[];
  readonly group: aws.ec2.SecurityGroup;
  readonly zones: number;
}

function createEndpoints({ vpcId, subnetIds, group, zones }: Endpoints, { region, account }: Place): void {
  const endpointsGroup = new aws.ec2.SecurityGroup('EndpointsGroup', {
    vpcId,
    description: nameOf('endpoints'),
    ingress: [{ protocol: 'tcp', fromPort: 443, toPort: 443, securityGroups: [group.id] }],
    egress: [],
  });
  for (const service of SERVICES) {
    new aws.ec2.VpcEndpoint(`${service.replaceAll(/[.]/g, '-')}-endpoint`, {
      vpcId,
      serviceName: $interpolate`com.amazonaws.${region}.${service}`,
      vpcEndpointType: 'Interface',
      privateDnsEnabled: true,
      subnetIds: subnetIds.slice(0, zones),
      securityGroupIds: [endpointsGroup.id],
      // For principals of this account alone: nothing leaves it by somebody else's credentials.
      policy: policyOf([
        {
          Principal: '*',
          Action: '*',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalAccount': account } },
        },
      ]),
    });
  }
}

import { createKey } from './encryption.ts';
import { FUNCTIONS } from './function-table.ts';
import { createFunction, type FunctionsPlace } from './functions.ts';
import { createImage } from './image.ts';
import { createInbox } from './inbox.ts';
import { nameOf, placeOf } from './names.ts';
import { createNetwork } from './network.ts';
import { createTopic } from './notifications.ts';
import { createSchedules } from './schedules.ts';
import { createSecrets } from './secrets.ts';
import { readStage } from './stage-settings.ts';
import { createBucket } from './storage.ts';
import { createTask } from './task.ts';
import { createApprovalUrl, createControlUrls } from './urls.ts';
import { createWorkflows, WORKFLOWS } from './workflows.ts';

/** Functions that something else creates, with what calls them. */
const ELSEWHERE: ReadonlySet<string> = new Set(['starter', 'url-control', 'url-audit', 'url-approval']);

/** All of it, for the stage that SST was asked for. Gives what a person needs to go on (docs/deploy.md). */
export function createStack() {
  const stage = readStage($cli.paths.root, $app.stage);
  const where = placeOf();
  const key = createKey(where);
  const bucket = createBucket(stage.settings, key, where);
  const secrets = createSecrets(stage.settings, key);
  const topic = createTopic(key, where);
  const { partition, region, account } = where;
  const place: FunctionsPlace = {
    stage,
    place: where,
    key,
    bucket,
    secrets,
    topic,
    network: createNetwork(stage.settings, bucket, where),
    image: createImage(stage.settings),
    machines: WORKFLOWS,
    machineArn: (name) => $interpolate`arn:${partition}:states:${region}:${account}:stateMachine:${nameOf(name)}`,
  };
  const approval = createApprovalUrl(place);
  const linked: Record<string, $util.Input<string>> = approval === undefined ? {} : { DATASENS_APPROVAL_URL: approval };
  const functions = new Map(
    Object.entries(FUNCTIONS)
      .filter(([name]) => !ELSEWHERE.has(name))
      .map(([name, { grants }]) => [name, createFunction(name, place, grants.includes('link-url') ? linked : {})]),
  );
  const machines = createWorkflows({ functions, task: createTask(place), place });
  createInbox(place);
  createSchedules(place, machines);
  const { control, audit } = createControlUrls(place);
  return {
    bucket: bucket.bucket,
    topic: topic.arn,
    vpc: place.network.vpcId,
    securityGroup: place.network.securityGroupId,
    secrets: Object.values(secrets).map(({ name }) => name),
    control,
    audit,
    ...(approval === undefined ? {} : { approval }),
  };
}

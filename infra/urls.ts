import { type CreatedFunction, createFunction, type FunctionsPlace } from './functions.ts';

export interface Urls {
  readonly control: $util.Output<string>;
  readonly audit: $util.Output<string>;
  readonly approval?: $util.Output<string>;
}

/**
 * Function URLs (docs/http.md). A URL wants two permissions of whoever calls (Lambda developer guide, "Control access to
 * function URLs"): here those of principals of this account, whose own policies must allow both, too; and for approvals of
 * everybody, for whom the signed link is what is checked.
 */
export function createControlUrls(place: FunctionsPlace): Urls {
  const control = createFunction('url-control', place, {
    WORKFLOW_MACHINE_ARNS: $util
      .all(place.machines.map((name) => $util.all([name, place.machineArn(name)])))
      .apply((arns) => JSON.stringify(Object.fromEntries(arns))),
  });
  const audit = createFunction('url-audit', place);
  const { account } = place.place;
  return { control: createUrl('url-control', control, account), audit: createUrl('url-audit', audit, account) };
}

/** Where links lead; nowhere in a stage without approvers. */
export function createApprovalUrl(place: FunctionsPlace): $util.Output<string> | undefined {
  if (place.stage.settings.approvers === undefined) return undefined;
  return createUrl('url-approval', createFunction('url-approval', place), '*');
}

function createUrl(id: string, target: CreatedFunction, principal: $util.Input<string>): $util.Output<string> {
  const authorizationType = principal === '*' ? 'NONE' : 'AWS_IAM';
  const url = new aws.lambda.FunctionUrl(`${id}-url`, {
    functionName: target.name,
    authorizationType,
    invokeMode: 'BUFFERED',
  });
  new aws.lambda.Permission(`${id}-url-permission`, {
    function: target.name,
    action: 'lambda:InvokeFunctionUrl',
    principal,
    functionUrlAuthType: authorizationType,
  });
  new aws.lambda.Permission(`${id}-invoke-permission`, {
    function: target.name,
    action: 'lambda:InvokeFunction',
    principal,
    invokedViaFunctionUrl: true,
  });
  return url.functionUrl;
}

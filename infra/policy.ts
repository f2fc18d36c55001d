import { nameOf } from './names.ts';

/** A statement of a policy; it allows where it does not say otherwise. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect?: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource?: $util.Input<string> | readonly $util.Input<string>[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, $util.Input<string> | readonly string[]>>>>;
}

/** A policy as JSON, once all that it names is known. */
export function policyOf(statements: readonly Statement[]): $util.Output<string> {
  const whole = statements.map((statement) => ({ Effect: 'Allow', ...statement }));
  return $util.jsonStringify({ Version: '2012-10-17', Statement: whole });
}

/** A role of one service, for this account's resources alone (IAM user guide, "The confused deputy problem"). */
export function serviceRole(
  name: string,
  service: string,
  statements: readonly Statement[],
  account?: $util.Input<string>,
): aws.iam.Role {
  const condition = account === undefined ? {} : { Condition: { StringEquals: { 'aws:SourceAccount': account } } };
  return new aws.iam.Role(name, {
    // So that whoever deploys may be held to roles of these names (docs/deploy.md).
    name: nameOf(name),
    assumeRolePolicy: policyOf([{ Action: 'sts:AssumeRole', Principal: { Service: service }, ...condition }]),
    ...(statements.length === 0 ? {} : { inlinePolicies: [{ name: 'own', policy: policyOf(statements) }] }),
  });
}

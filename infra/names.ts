/** The name of a thing of this stage, as AWS shows it. */
export function nameOf(what: string): string {
  return `${$app.name}-${$app.stage}-${what}`;
}

export function isProduction(): boolean {
  return $app.stage === 'production';
}

/** Where the stack stands. */
export interface Place {
  readonly region: $util.Output<string>;
  readonly account: $util.Output<string>;
  readonly partition: $util.Output<string>;
}

export function placeOf(): Place {
  return {
    region: aws.getRegionOutput().region,
    account: aws.getCallerIdentityOutput().accountId,
    partition: aws.getPartitionOutput().partition,
  };
}
